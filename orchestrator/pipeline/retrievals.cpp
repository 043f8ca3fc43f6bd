#include "orchestrator/pipeline/retrievals.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pipeline/retrievals_impl.hpp"

namespace tributary::pipeline {

using async::Deadline;
using partner::Flow;
using partner::Priority;
using partner::Step;
using partner::StepKind;
using partner::StepResult;

namespace {

using Job = RetrievalJob;
using JobPtr = RetrievalJobPtr;

constexpr std::size_t kLookUpsAtOnce = 32;
constexpr std::chrono::seconds kLookUpAgainAfter{5};
constexpr std::size_t kMostJobs = 100000;

/// Wanted for Subscriptions whose Discovery is over, or who have none.
bool is_of_nobody(Job const& job) {
    return std::find(job.flows.begin(), job.flows.end(), Flow()) != job.flows.end();
}

}  // namespace

Retrievals::Impl::Impl(Surroundings surroundings)
    : around_(std::move(surroundings)),
      reread_(around_),
      jobs_gauge_(
          around_.metrics.gauge("tributary_retrievals_open", "Contents that wait to be retrieved, or are")
      ),
      left_(around_.metrics.counter(
          "tributary_retrievals_left_total",
          "Eager retrievals left to be made on demand, because a queue was full"
      )),
      quarantined_(around_.quarantined()),
      calls_under_way_(around_.ex, [log = around_.logger](std::string_view task, std::exception_ptr error) {
          log.bug(task, error);
      }) {
    (void)around_.wrong_sizes();  // 0 is told, too
}

awaitable<Result<Retrievals::Body>> Retrievals::Impl::fetch(
    Deadline deadline, std::string scope, std::string binary_id
) {
    auto const known = by_key_.find(key_of(scope, binary_id));
    auto const under_way = known == by_key_.end() ? nullptr : known->second;
    auto record = co_await around_.storage.content(scope, binary_id);
    if (record && record->sha256.empty() && under_way && !jobs_.contains(under_way->number))
        record = co_await around_.storage.content(scope, binary_id);  // it ended after the first look
    if (!record) co_return record.error();
    if (record->presence == cache::Presence::unknown) co_return Failure(Errc::not_found);
    if (record->presence == cache::Presence::deleted) co_return Failure(Errc::deleted);
    if (!record->sha256.empty()) {
        auto body = co_await read(*record);
        if (body || body.error().errc() != Errc::not_found) co_return body;
    }
    if (cancelled_) co_return Failure(Errc::closed);
    auto const job = job_for(scope, binary_id);
    Waiting const waiting(*this, job);
    if (job->state == Job::State::listed) {
        begin(job, std::move(*record));
    } else if (job->state == Job::State::queued) {
        hurry(job);
    }
    auto const outcome = job->outcome;
    auto op = outcome->wait();
    co_return co_await with_deadline(around_.clock, deadline, std::move(op));
}

/// From the BodyStore. Errors: not_found when it is not there any more.
awaitable<Result<Retrievals::Body>> Retrievals::Impl::read(cache::ContentRecord record) {
    auto bytes = co_await around_.storage.get_body(record.sha256);
    if (!bytes) co_return bytes.error();
    if (!*bytes) co_return Failure(Errc::not_found);
    auto kept = std::make_shared<std::string const>(std::move(**bytes));
    co_return Body{std::move(record.content_type), std::move(kept), std::move(record.sha256)};
}

JobPtr Retrievals::Impl::job_for(std::string const& scope, std::string const& binary_id) {
    auto& known = by_key_[key_of(scope, binary_id)];
    if (known) return known;
    known = std::make_shared<Job>();
    known->number = next_number_++;
    known->key = key_of(scope, binary_id);
    known->scope = scope;
    known->binary_id = binary_id;
    jobs_.emplace(known->number, known);
    jobs_gauge_.set(static_cast<double>(jobs_.size()));
    return known;
}

void Retrievals::Impl::prefetch(std::string scope, std::vector<std::string> binary_ids, Flow flow) {
    for (auto const& binary_id : binary_ids) {
        if (cancelled_ || eager_ended_) return;
        bool const known = by_key_.contains(key_of(scope, binary_id));
        if (!known && jobs_.size() >= kMostJobs) {
            left_.add();
            continue;
        }
        auto const job = job_for(scope, binary_id);
        if (job->flows.empty() && job->state == Job::State::listed) job->flow = flow;
        if (std::find(job->flows.begin(), job->flows.end(), flow) == job->flows.end()) {
            job->flows.push_back(flow);
            if (flow.discovery != 0) by_discovery_[flow.discovery].push_back(job->number);
        }
        if (!known) listed_.push_back(job->number);
    }
    look_up_next();
}

bool Retrievals::Impl::release(Flow flow) {
    auto const wanted = by_discovery_.extract(flow.discovery);
    if (wanted.empty()) return false;
    bool dropped = false;
    for (auto const number : wanted.mapped()) {
        auto const found = jobs_.find(number);
        if (found != jobs_.end()) dropped |= drop_for(JobPtr(found->second), flow);
    }
    return dropped;
}

/// True: nobody else wants it.
bool Retrievals::Impl::drop_for(JobPtr const& job, Flow flow) {
    std::erase(job->flows, flow);
    drop_unwanted(job);
    return !job->wanted();
}

void Retrievals::Impl::keep_of_nobody(std::string const& scope, std::vector<std::string> const& binary_ids) {
    std::set<std::string> kept;
    for (auto const& id : binary_ids) kept.insert(key_of(scope, id));
    std::vector<JobPtr> unwanted;
    for (auto const& [key, job] : by_key_) {
        if (is_of_nobody(*job) && !kept.contains(key)) unwanted.push_back(job);
    }
    for (auto const& job : unwanted) (void)drop_for(job, Flow());
}

void Retrievals::Impl::end_eager() {
    eager_ended_ = true;
    by_discovery_.clear();
    auto const jobs = jobs_;  // finish() takes out of them
    for (auto const& [number, job] : jobs) {
        job->flows.clear();
        drop_unwanted(job);
    }
}

void Retrievals::Impl::drop_unwanted(JobPtr const& job) {
    if (job->wanted() || !jobs_.contains(job->number)) return;
    if (job->state == Job::State::running) {
        if (job->call != nullptr) job->call->cancel();  // cut_off() follows
        return;
    }
    if (job->state == Job::State::queued) {
        auto* const partner = holder_of(*job);
        if (partner != nullptr) (void)partner->lane().drop(*this, job->flow, job->number);
    }
    finish(job, Failure(Errc::closed, "nobody wants it any more"));
}

/// A queued Job is wanted now: it goes first in its Lane, or to another holder where that Lane's partner does not answer.
void Retrievals::Impl::hurry(JobPtr const& job) {
    auto* const partner = holder_of(*job);
    if (partner == nullptr) return;
    auto& lane = partner->lane();
    if (lane.available()) {
        (void)lane.raise(*this, job->flow, job->number);
    } else if (lane.drop(*this, job->flow, job->number)) {
        job->last = Failure(Errc::connect, "not asked: the last calls failed");
        job->plan.skip();
        try_holders(job);
    }
}

void Retrievals::Impl::look_up_next() {
    while (looking_up_ < kLookUpsAtOnce && !listed_.empty()) {
        auto const found = jobs_.find(listed_.front());
        listed_.pop_front();
        if (found == jobs_.end() || found->second->state != Job::State::listed) continue;
        ++looking_up_;
        if (!calls_under_way_.spawn("look up", look_up(found->second))) return;
    }
}

awaitable<void> Retrievals::Impl::look_up(JobPtr job) {
    auto record = co_await around_.storage.content(job->scope, job->binary_id);
    auto outcome = Result<Body>(Failure(Errc::not_found));
    if (record && !record->sha256.empty() && job->waiters > 0) outcome = co_await read(*record);
    bool const again = !record && job->waiters == 0 && is_our_trouble(record.error());
    if (again)
        co_await around_.clock.sleep_for(kLookUpAgainAfter);  // in its place: others would be refused, too
    --looking_up_;
    bool const open = jobs_.contains(job->number) && job->state == Job::State::listed;
    if (open && again) listed_.push_back(job->number);
    if (open && !record && !again) finish(job, record.error());
    if (open && record) {
        bool const wanted = record->presence == cache::Presence::found && record->sha256.empty();
        if (wanted) {
            begin(job, std::move(*record));
        } else {
            finish(job, std::move(outcome));
        }
    }
    look_up_next();
}

void Retrievals::Impl::begin(JobPtr const& job, cache::ContentRecord record) {
    auto const answers = [this](cache::Holder const& holder) {
        return std::any_of(around_.partners.begin(), around_.partners.end(), [&](auto const& partner) {
            return partner->id() == holder.partner && partner->lane().available();
        });
    };
    std::stable_partition(record.holders.begin(), record.holders.end(), answers);
    job->url = std::move(record.url);
    job->hash = std::move(record.hash);
    job->otherwise = record.otherwise;
    job->plan = HolderPlan(std::move(record.holders));
    try_holders(job);
}

partner::Partner* Retrievals::Impl::holder_of(Job const& job) const {
    if (job.plan.empty()) return nullptr;
    auto const found =
        std::find_if(around_.partners.begin(), around_.partners.end(), [&](auto const& partner) {
            return partner->id() == job.plan.holder().partner;
        });
    return found == around_.partners.end() ? nullptr : found->get();
}

/// Queues the Job at the first holder, from the next one on, that takes it; none: it has failed.
void Retrievals::Impl::try_holders(JobPtr const& job) {
    for (; !job->plan.empty(); job->plan.skip()) {
        auto* const partner = holder_of(*job);
        if (partner == nullptr) continue;
        Step step;
        step.runner = this;
        step.flow = job->flow;
        step.kind = StepKind::retrieve_document;
        step.priority = job->waiters > 0 ? Priority::on_demand : Priority::eager;
        step.target = job->number;
        job->state = Job::State::queued;
        auto const added = partner->lane().add(step);
        if (added) return;
        job->last = added.error();
    }
    if (job->waiters == 0 && job->last.errc() == Errc::throttled) left_.add();
    auto const gone = job->otherwise ? Failure(Errc::not_found, "held in another media type alone")
                                     : Failure(Errc::deleted, "gone at every partner that held it");
    finish(job, job->plan.gone() ? gone : job->last);
}

void Retrievals::Impl::finish(JobPtr const& job, Result<Body> outcome) {
    JobPtr const kept = job;
    for (auto const& flow : kept->flows) {
        auto const discovery = by_discovery_.find(flow.discovery);
        if (discovery == by_discovery_.end()) continue;
        std::erase(discovery->second, kept->number);
        if (discovery->second.empty()) by_discovery_.erase(discovery);
    }
    jobs_.erase(kept->number);
    by_key_.erase(kept->key);
    jobs_gauge_.set(static_cast<double>(jobs_.size()));
    kept->outcome->set(std::move(outcome));
}

void Retrievals::Impl::start(partner::Lane&, Step step, partner::Slot slot) {
    auto const job = jobs_.at(step.target);
    job->state = Job::State::running;
    (void)calls_under_way_.spawn(
        "retrieve", run(job, *holder_of(*job), step, std::move(slot))
    );  // closed: the slot goes back with the frame
}

void Retrievals::Impl::ended(partner::Lane&, Step const& step, StepResult const& result) {
    auto const* failed = result.get<StepResult::Failed>();
    auto const found = jobs_.find(step.target);
    if (failed == nullptr || found == jobs_.end() || cancelled_) return;
    go_on(found->second, failed->why);
}

/// The holder has not given the document: the next one is asked.
void Retrievals::Impl::go_on(JobPtr const& job, Failure why) {
    job->last = std::move(why);
    job->plan.ended(job->last);
    try_holders(job);
}

/// The call in a group of its own, which ends it when nobody wants the document any more.
awaitable<void> Retrievals::Impl::run(JobPtr job, partner::Partner& partner, Step step, partner::Slot slot) {
    bool settled = false;
    auto begin_call = [&](async::TaskGroup& group) -> awaitable<void> {
        job->call = &group;
        (void)group.spawn("retrieve", call(job, partner, step, std::move(slot), settled));
        co_return;
    };
    auto report = [this](std::string_view task, std::exception_ptr error) {
        around_.logger.bug(task, error);
    };
    async::TaskGroup::FailureHandler on_failure = std::ref(report);
    co_await async::with_group(std::move(on_failure), std::ref(begin_call));
    if (!settled) cut_off(job);
}

/// Its call was ended. Who has come to want it meanwhile gets another one.
void Retrievals::Impl::cut_off(JobPtr const& job) {
    job->call = nullptr;
    if (!jobs_.contains(job->number)) return;
    if (job->wanted()) {
        try_holders(job);
    } else {
        finish(job, Failure(Errc::closed, "nobody wants it any more"));
    }
}

awaitable<void> Retrievals::Impl::call(
    JobPtr job, partner::Partner& partner, Step step, partner::Slot slot, bool& settled
) {
    auto result = StepResult::failed(Failure(Errc::bug));
    std::exception_ptr bug;
    try {
        result = co_await retrieve(job, partner, step, slot);
    } catch (...) {
        bug = std::current_exception();
    }
    if (bug && (cancelled_ || async::is_cancellation(bug))) std::rethrow_exception(bug);
    if (cancelled_) co_return;  // nothing of it may be queued again
    if (result.get<StepResult::Done>() == nullptr)
        job->state = Job::State::queued;  // again, there or elsewhere
    job->call = nullptr;
    settled = true;
    partner.lane().settle(step, std::move(result));
    drop_unwanted(job);
    if (bug) std::rethrow_exception(bug);
}

void Retrievals::Impl::cancel() {
    cancelled_ = true;
    listed_.clear();
    while (!jobs_.empty()) {
        JobPtr const job = jobs_.begin()->second;
        auto* const partner = job->state == Job::State::queued ? holder_of(*job) : nullptr;
        if (partner != nullptr) (void)partner->lane().drop(*this, job->flow, job->number);
        finish(job, Failure(Errc::closed));
    }
    calls_under_way_.cancel();
}

Retrievals::Retrievals(Surroundings surroundings) : impl_(std::make_unique<Impl>(std::move(surroundings))) {}

Retrievals::~Retrievals() = default;

awaitable<Result<Retrievals::Body>> Retrievals::fetch(
    Deadline deadline, std::string scope, std::string binary_id
) {
    return impl_->fetch(deadline, std::move(scope), std::move(binary_id));
}
void Retrievals::prefetch(std::string scope, std::vector<std::string> binary_ids, Flow flow) {
    impl_->prefetch(std::move(scope), std::move(binary_ids), flow);
}
bool Retrievals::release(Flow flow) { return impl_->release(flow); }
void Retrievals::end_eager() { impl_->end_eager(); }
void Retrievals::keep_of_nobody(std::string const& scope, std::vector<std::string> const& binary_ids) {
    impl_->keep_of_nobody(scope, binary_ids);
}
bool Retrievals::wanted_by_nobody() const {
    return std::any_of(impl_->jobs_.begin(), impl_->jobs_.end(), [](auto const& entry) {
        return is_of_nobody(*entry.second);
    });
}
bool Retrievals::wanted_by(Flow flow) const { return impl_->by_discovery_.contains(flow.discovery); }
void Retrievals::cancel() { impl_->cancel(); }
awaitable<void> Retrievals::stop() { return impl_->calls_under_way_.join(); }

}  // namespace tributary::pipeline
