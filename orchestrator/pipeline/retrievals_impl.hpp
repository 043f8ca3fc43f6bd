#pragma once
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "orchestrator/async/task_group.hpp"
#include "orchestrator/pipeline/document_check.hpp"
#include "orchestrator/pipeline/entry_reread.hpp"
#include "orchestrator/pipeline/retrieval_job.hpp"
#include "orchestrator/pipeline/retrievals.hpp"

namespace tributary::pipeline {

/// The two halves of Retrievals: who is asked when, for whom (retrievals.cpp), and the call itself (retrieval_call.cpp).
struct Retrievals::Impl final : partner::StepRunner {
    explicit Impl(Surroundings surroundings);

    awaitable<Result<Body>> fetch(async::Deadline deadline, std::string scope, std::string binary_id);
    awaitable<Result<Body>> read(cache::ContentRecord record);
    void prefetch(std::string scope, std::vector<std::string> binary_ids, partner::Flow flow);
    void end_eager();
    bool release(partner::Flow flow);
    void keep_of_nobody(std::string const& scope, std::vector<std::string> const& binary_ids);
    bool drop_for(RetrievalJobPtr const& job, partner::Flow flow);
    void cancel();

    /// One who waits for a Job; the last one who leaves drops it, unless it runs or is wanted eagerly.
    class Waiting {
    public:
        Waiting(Impl& owner, RetrievalJobPtr job) : owner_(owner), job_(std::move(job)) { ++job_->waiters; }
        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;
        ~Waiting() {
            --job_->waiters;
            owner_.drop_unwanted(job_);
        }

    private:
        Impl& owner_;
        RetrievalJobPtr job_;
    };

    RetrievalJobPtr job_for(std::string const& scope, std::string const& binary_id);
    void look_up_next();
    awaitable<void> look_up(RetrievalJobPtr job);
    void begin(RetrievalJobPtr const& job, cache::ContentRecord record);
    void list_anew(RetrievalJobPtr const& job);
    void try_holders(RetrievalJobPtr const& job);
    void finish(RetrievalJobPtr const& job, Result<Body> outcome);
    void hurry(RetrievalJobPtr const& job);
    void drop_unwanted(RetrievalJobPtr const& job);
    partner::Partner* holder_of(RetrievalJob const& job) const;

    void start(partner::Lane& lane, partner::Step step, partner::Slot slot) override;
    void ended(partner::Lane& lane, partner::Step const& step, partner::StepResult const& result) override;
    awaitable<void> run(
        RetrievalJobPtr job, partner::Partner& partner, partner::Step step, partner::Slot slot
    );
    awaitable<void> call(
        RetrievalJobPtr job, partner::Partner& partner, partner::Step step, partner::Slot slot, bool& settled
    );
    void cut_off(RetrievalJobPtr const& job);
    void go_on(RetrievalJobPtr const& job, Failure why);
    awaitable<partner::StepResult> retrieve(
        RetrievalJobPtr job, partner::Partner& partner, partner::Step step, partner::Slot& slot
    );
    awaitable<void> mark_gone(std::string scope, cache::Holder holder);
    awaitable<Result<void>> look_again(RetrievalJobPtr job, partner::Partner& partner, partner::Step step);
    awaitable<partner::StepResult> take_from_entry(
        RetrievalJobPtr job, partner::Partner& partner, partner::Step step
    );
    awaitable<Result<cache::Holder>> reread(
        RetrievalJobPtr job, partner::Partner& partner, partner::Step step
    );
    awaitable<Result<CheckedDocument>> check(
        cache::Holder holder, HolderPlan::Look look, partner::RetrievedDocument retrieved
    );
    void quarantined(RetrievalJob const& job, char const* reason);
    awaitable<partner::StepResult> store(RetrievalJobPtr job, CheckedDocument document);
    awaitable<Result<cache::Admitted>> write(RetrievalJobPtr job, CheckedDocument const& document);
    partner::StepResult stored(
        RetrievalJobPtr const& job, CheckedDocument document, cache::Admitted attached
    );
    bool is_full() const;
    awaitable<void> store_later(RetrievalJobPtr job, CheckedDocument document);
    partner::StepResult failed(RetrievalJob& job, Failure why);

    Surroundings around_;
    EntryReread reread_;
    Metrics::Gauge& jobs_gauge_;
    Metrics::Counter& left_;
    Metrics::Counter& quarantined_;
    std::uint32_t next_number_ = 0;
    std::unordered_map<std::uint32_t, RetrievalJobPtr> jobs_;
    std::unordered_map<std::string, RetrievalJobPtr> by_key_;
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_discovery_;
    std::deque<std::uint32_t> listed_;
    std::size_t looking_up_ = 0;
    std::size_t unstored_ = 0, unstored_bytes_ = 0;  ///< documents that wait to be stored
    bool eager_ended_ = false, cancelled_ = false;
    async::TaskGroup calls_under_way_;  // last
};

}  // namespace tributary::pipeline
