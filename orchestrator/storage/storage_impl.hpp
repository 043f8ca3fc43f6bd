#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/storage/storage.hpp"
#include "orchestrator/storage/thread_watch.hpp"

namespace tributary::storage {

/// What the two halves of Storage share: units of work (storage.cpp), bytes of documents (storage_bodies.cpp).
struct Storage::Impl {
    template <class S>
    struct Thread {
        Thread(
            boost::asio::any_io_executor loop,
            std::unique_ptr<S> store,
            async::JobThread::Limits limits,
            Metrics& metrics,
            Logger const& logger,
            std::string const& name
        )
            : watch(metrics, logger, name), work(std::move(loop), std::move(store), limits) {}
        ThreadWatch watch;
        async::StorageThread<S> work;
    };
    class Call {
    public:
        Call(std::size_t& in_flight, Metrics::Gauge& waiting) : in_flight_(in_flight), waiting_(waiting) {
            ++in_flight_;
            waiting_.add(1);
        }
        ~Call() {
            --in_flight_;
            waiting_.add(-1);
        }
        Call(Call const&) = delete;
        Call& operator=(Call const&) = delete;

    private:
        std::size_t& in_flight_;
        Metrics::Gauge& waiting_;
    };

    Impl(
        boost::asio::any_io_executor const& loop,
        HeaderSecrets header_secrets,
        std::unique_ptr<cache::Store> writing,
        std::unique_ptr<cache::Store> reading,
        std::unique_ptr<cache::Store> searching,
        std::unique_ptr<cache::BodyStore> keeping,
        std::size_t queue_bytes,
        Metrics& metrics,
        Logger const& logger
    )
        : secrets(std::move(header_secrets)),
          writer(loop, std::move(writing), limits(queue_bytes), metrics, logger, "writer"),
          reader(loop, std::move(reading), limits(queue_bytes), metrics, logger, "reader"),
          searches(loop, std::move(searching), search_limits(queue_bytes), metrics, logger, "searches"),
          too_costly(metrics.counter(
              "tributary_searches_too_costly_total",
              "Searches refused because they would have had to look at too much"
          )),
          bodies(loop, std::move(keeping), body_limits(queue_bytes), metrics, logger, "bodies") {}

    static async::JobThread::Limits limits(std::size_t bytes) {
        async::JobThread::Limits limits;
        limits.jobs = 16384;
        limits.bytes = bytes;
        return limits;
    }
    /// Each is answered as soon as it has ended.
    static async::JobThread::Limits search_limits(std::size_t bytes) {
        auto result = limits(bytes);
        result.batch = 1;
        return result;
    }
    static async::JobThread::Limits body_limits(std::size_t bytes) {
        auto result = limits(bytes);
        constexpr std::size_t kBatch = 4;  // slices of one commit, when several Bodies are written at once
        result.batch = kBatch;
        return result;
    }

    template <class S, class Work>
    auto run(Thread<S>& thread, Work work, std::size_t bytes = 0)
        -> awaitable<std::invoke_result_t<Work const&, S&>> {
        Call const call(in_flight, thread.watch.waiting());
        auto result = co_await thread.work.execute(std::move(work), bytes);
        if (!result) co_return thread.watch.failed(result.error(), std::chrono::steady_clock::now());
        thread.watch.worked();
        co_return result;
    }

    /// What the Store may refuse at a bound. It has written nothing then: a value within the batch, which is committed as it is.
    template <class Work>
    auto run_refusable(Work work, std::size_t bytes = 0)
        -> awaitable<std::invoke_result_t<Work const&, cache::Store&>> {
        using Outcome = std::invoke_result_t<Work const&, cache::Store&>;
        auto decide = [work = std::move(work)](cache::Store& store) -> Result<std::unique_ptr<Outcome>> {
            auto outcome = work(store);
            if (!outcome && outcome.error().errc() != Errc::throttled) return outcome.error();
            return std::make_unique<Outcome>(std::move(outcome));
        };
        auto decision = co_await run(writer, std::move(decide), bytes);
        if (!decision) co_return decision.error();
        co_return std::move(**decision);
    }

    /// A search of documents or patients.
    template <class Work>
    awaitable<Result<cache::ResourcePage>> run_search(Work work) {
        auto page = co_await run(searches, std::move(work));
        if (!page || !page->too_costly) co_return page;
        too_costly.add();
        co_return Failure(
            Errc::too_costly,
            "this would have to look at more than [limits] search_candidates allow: name the patient, or an "
            "identifier, a type or another code"
        );
    }

    /// Without those on their way: the bytes are there again before what points to them is.
    awaitable<Result<void>> remove_bodies(std::vector<std::string> digests);

    std::size_t in_flight = 0;
    HeldBodies held = std::make_shared<std::multiset<std::string>>();
    HeaderSecrets const secrets;  // the threads use it
    Thread<cache::Store> writer;
    Thread<cache::Store> reader;
    Thread<cache::Store> searches;
    Metrics::Counter& too_costly;
    Thread<cache::BodyStore> bodies;
};

}  // namespace tributary::storage
