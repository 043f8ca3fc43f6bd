#include "orchestrator/delivery/workers.hpp"

#include <limits>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/delivery/status_change.hpp"

namespace tributary::delivery {

namespace {

using namespace std::chrono_literals;
using subscriptions::AttemptOutcome;
using subscriptions::Decision;
using subscriptions::Kind;
using subscriptions::Status;

constexpr char kScope[] = "";
constexpr auto kStorageRest = 1s;
constexpr auto kBetweenNews = 1s;  // at least, between attempts in error
constexpr std::size_t kSlice = 32;
constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

Workers::Workers(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    storage::Storage& storage,
    RestHookSender& sender,
    SocketHub& hub,
    Heartbeats& heartbeats,
    subscriptions::Rules const& rules,
    Settings const& settings,
    std::function<void(std::string const& id)> ended,
    Logger logger,
    DeliveryMetrics& metrics
)
    : clock_(clock),
      storage_(storage),
      sender_(sender),
      hub_(hub),
      heartbeats_(heartbeats),
      rules_(rules),
      settings_(settings),
      ended_(std::move(ended)),
      logger_(logger),
      metrics_(metrics),
      jitter_(static_cast<std::uint64_t>(clock.utc_now().time_since_epoch().count())),
      tasks_(std::move(ex), [logger](std::string_view task, std::exception_ptr error) {
          logger.bug(task, error);
      }) {}

void Workers::wake(std::string const& id, bool beat) {
    if (closing_) return;
    auto const known = workers_.find(id);
    if (known == workers_.end()) {
        auto worker = std::make_unique<Worker>(id);
        worker->beat = beat;
        start(std::move(worker));
        return;
    }
    auto& worker = *known->second;
    worker.beat = worker.beat || beat;
    (worker.stopping ? worker.restart : worker.again) = true;
    worker.unread = true;
    worker.woken.close_all();
}

void Workers::hand_over(cache::FreshEvents fresh) {
    auto const id = fresh.subscription.id;
    if (closing_ || workers_.contains(id)) {
        wake(id);
        return;
    }
    auto worker = std::make_unique<Worker>(id);
    worker->fresh = std::move(fresh);
    start(std::move(worker));
}

void Workers::look_anew(std::string const& id) {
    if (auto const known = workers_.find(id); known != workers_.end()) known->second->outdated = true;
    wake(id);
}

void Workers::start(std::unique_ptr<Worker> worker) {
    auto const id = worker->id;
    auto& running = *(workers_[id] = std::move(worker));
    metrics_.workers.add(1);
    // The task runs at once to its first wait: from here on `running` may be gone.
    if (!tasks_.spawn("delivery worker", attend(running))) {
        workers_.erase(id);
        metrics_.workers.add(-1);
    }
}

void Workers::stop(std::string const& id) {
    auto const found = workers_.find(id);
    if (found == workers_.end()) return;
    auto& worker = *found->second;
    worker.again = worker.restart = false;
    worker.stopping = worker.group != nullptr;
    if (worker.stopping) worker.group->cancel();
}

void Workers::close() {
    closing_ = true;
    for (auto const& [id, worker] : workers_) worker->woken.close_all();
}

/// The worker's life. stop() cancels the group inside, and only it; a wake() that comes meanwhile starts it anew.
awaitable<void> Workers::attend(Worker& worker) {
    auto body = [this, &worker](async::TaskGroup& group) -> awaitable<void> {
        worker.group = &group;
        if (!group.spawn("delivery", work(worker))) co_return;
    };
    do {
        async::TaskGroup::FailureHandler report = [this](std::string_view task, std::exception_ptr error) {
            logger_.bug(task, error);
        };
        try {
            co_await async::with_group(std::move(report), std::ref(body));
        } catch (...) {
            worker.group = nullptr;
            throw;
        }
        worker.group = nullptr;
        worker.stopping = false;
        worker.again = worker.again || std::exchange(worker.restart, false);
    } while (worker.again && !closing_);
    metrics_.workers.add(-1);
    workers_.erase(std::string(worker.id));
}

awaitable<void> Workers::work(Worker& worker) {
    Next next = Next::look_again;
    while (!closing_ && (next == Next::look_again || worker.again)) {
        worker.again = false;
        if (auto fresh = std::exchange(worker.fresh, std::nullopt)) {
            next = co_await deliver_fresh(worker, std::move(*fresh));
        } else {
            worker.unread = false;
            next = co_await look(worker);
        }
    }
}

awaitable<Workers::Next> Workers::look(Worker& worker) {
    worker.outdated = false;
    auto found = co_await storage_.read_subscription(kScope, worker.id);
    if (!found) {
        auto const failure = found.error();
        co_await rest_after_storage_failure(worker, failure);
        co_return Next::look_again;
    }
    Subject subject;
    subject.record = std::move(found->record);
    bool const gone = found->presence != cache::Presence::found;
    if (gone && !subject.record.notice) {
        hub_.unbind(worker.id);
        co_return Next::rest;
    }
    auto plan = subscriptions::stored_plan(subject.record.resource, rules_);
    if (!plan) {
        logger_.error(
            "stored Subscription not understood",
            {{"subscription", worker.id}, {"reason", plan.error().detail()}}
        );
        hub_.unbind(worker.id);
        if (gone) co_await settle_notice(worker);
        co_return Next::rest;
    }
    subject.plan = std::move(*plan);
    if (subject.record.status == Status::off) co_return co_await take_leave(worker, subject);
    co_return co_await act(worker, std::move(subject));
}

/// Nothing is sent after `end`; who watches the ends turns it off.
bool Workers::has_ended(subscriptions::Plan const& plan) const {
    return plan.end && *plan.end <= clock_.utc_now();
}

awaitable<Workers::Next> Workers::act(Worker& worker, Subject subject) {
    if (has_ended(subject.plan)) co_return Next::rest;
    bool const websocket = subject.plan.channel.type == subscriptions::ChannelType::websocket;
    bool const classic = subject.plan.kind == Kind::classic;
    if (subject.record.status == Status::requested) {
        if (!websocket && !classic) co_return co_await shake_hands(worker, subject);
        bool const active = co_await change_status(subject, to_active(Status::requested));
        if (!active) co_return Next::look_again;
    }
    watch_silence(subject);
    if (websocket) {
        hub_.unbind_retired(worker.id);
        hub_.refresh(worker.id, subject.plan);
        if (std::exchange(worker.beat, false)) hub_.beat(subject.record);
        hub_.feed(worker.id);
        co_return Next::rest;
    }
    hub_.unbind(worker.id);
    if (subject.record.status == Status::active || (subject.record.status == Status::error && classic))
        co_return co_await deliver(worker, subject);
    co_return co_await beat_hook(worker, subject);
}

// Events --------------------------------------------------------------------------------------------------

awaitable<Workers::Next> Workers::deliver_fresh(Worker& worker, cache::FreshEvents fresh) {
    Subject subject;
    subject.record = std::move(fresh.subscription);
    subject.plan = *fresh.plan;
    for (auto const& event : fresh.events) {
        bool const went_on = co_await deliver_event(worker, subject, event);
        if (!went_on || worker.again) co_return Next::look_again;
    }
    co_return worker.unread || worker.beat ? Next::look_again : Next::rest;
}

awaitable<Workers::Next> Workers::deliver(Worker& worker, Subject& subject) {
    while (!closing_) {
        auto const events = co_await storage_.events(worker.id, subject.record.delivered, kNoEnd, kSlice);
        if (!events) {
            auto const failure = events.error();
            co_await rest_after_storage_failure(worker, failure);
            co_return Next::look_again;
        }
        if (events->empty()) {
            // The operator has had sent what failed.
            if (subject.record.status == Status::error)
                co_await change_status(subject, to_active(Status::error));
            co_return co_await beat_hook(worker, subject);
        }
        for (auto const& event : *events) {
            bool const went_on = co_await deliver_event(worker, subject, event);
            // Woken: it may have been changed, and is read anew before anything else is sent.
            if (!went_on || worker.again) co_return Next::look_again;
        }
    }
    co_return Next::rest;
}

/// False: the Subscription is not what it was, or delivers no more: it is to be looked at again.
awaitable<bool> Workers::deliver_event(Worker& worker, Subject& subject, cache::EventRecord const& event) {
    worker.trial.begin(event.number, subject.record.version, clock_.now());
    // No classic notification tells of a delete (A5).
    bool delivered = subject.plan.kind == Kind::classic && event.kind == subscriptions::EventKind::remove;
    while (!delivered) {
        if (closing_ || has_ended(subject.plan)) co_return false;
        break_silence(worker);
        auto const outcome = co_await sender_.send(
            subject.plan.channel, event_request(settings_, worker.id, subject.plan, event)
        );
        if (!outcome.attempted) {
            bool const unchanged = co_await wait_for_turn(worker, subject);
            if (!unchanged) co_return false;
            continue;
        }
        delivered = outcome.delivered();
        if (delivered) {
            metrics_.hook_latency.observe(std::chrono::duration<double>(clock_.utc_now() - event.at).count());
            break;
        }
        bool const go_on = co_await settle_failure(worker, subject, outcome);
        if (!go_on) co_return false;
    }
    co_await settle_delivery(worker, subject, event.number);
    co_return true;
}

/// The endpoint is tried by one at a time: to wait for that is no attempt of this Event, and takes none of its time. False: as pause().
awaitable<bool> Workers::wait_for_turn(Worker& worker, Subject const& subject) {
    RestHookSender::Turn const turn(sender_, subject.plan.channel.endpoint, worker.woken);
    bool unchanged = true;
    while (unchanged && !closing_ && !turn.has_come()) {
        auto const jitter = std::chrono::milliseconds(jitter_.next() % 500);
        auto const until = async::Deadline::after(clock_, turn.wait() + jitter);
        auto woken = worker.woken.wait();
        (void)co_await async::with_deadline(clock_, until, std::move(woken));
        unchanged = co_await is_unchanged(worker, subject.record.version);
    }
    if (worker.trial.attempts == 0) worker.trial.since = clock_.now();
    co_return unchanged && !closing_;
}

/// True: the same Event is to be sent again, now.
awaitable<bool> Workers::settle_failure(Worker& worker, Subject& subject, AttemptOutcome const& outcome) {
    auto& trial = worker.trial;
    auto const tried_for = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - trial.since);
    auto const decision = subscriptions::decide_event(
        settings_.rules,
        subject.plan.kind,
        subject.record.status,
        trial.attempts,
        tried_for,
        outcome,
        jitter_.next()
    );
    ++trial.attempts;
    logger_.info(
        "notification failed",
        {{"subscription", worker.id},
         {"number", std::to_string(trial.number)},
         {"reason", std::string(decision.error_code)},
         {"status", std::to_string(outcome.status)},
         {"attempt", std::to_string(trial.attempts)}}
    );
    if (decision.action == Decision::Action::off) {
        auto change = to_off(decision.error_code, outcome.status);
        change.failed_event = trial.number;
        co_await turn_off(subject, std::move(change));
        co_return false;
    }
    if (decision.action == Decision::Action::error) {
        auto change = to_error(decision.error_code, outcome.status, Status::active);
        change.failed_event = trial.number;
        auto const version = subject.record.version;
        bool const stored = co_await change_status(subject, std::move(change));
        if (!stored && subject.record.version != version) co_return false;
        trial.version = subject.record.version;
        if (subject.plan.kind == Kind::topic || subject.record.status != Status::error) co_return false;
    } else {
        co_await count_failure(worker);
    }
    if (subject.record.status == Status::error)
        co_return co_await pause_until_news(
            worker,
            subject,
            decision.wait,
            std::max<async::Clock::Duration>(kBetweenNews, outcome.retry_after)
        );
    bool const of_event = trial.number != 0;
    co_return co_await pause(worker, decision.wait, subject.record.version, of_event ? &subject : nullptr);
}

/// What cannot be counted now is not waited for: the next attempt is due all the same.
awaitable<void> Workers::count_failure(Worker const& worker) {
    if (worker.trial.number == 0) co_return;  // a heartbeat
    auto const counted = co_await storage_.record_failure(worker.id, worker.trial.number);
    if (!counted) {
        auto const reason = counted.error().detail();
        logger_.warning("attempt not counted", {{"subscription", worker.id}, {"reason", reason}});
    }
}

awaitable<void> Workers::settle_delivery(Worker& worker, Subject& subject, std::int64_t number) {
    while (true) {
        auto const recorded = co_await storage_.record_delivery(worker.id, number, clock_.utc_now());
        if (recorded) break;
        auto const failure = recorded.error();
        co_await rest_after_storage_failure(worker, failure);
    }
    subject.record.delivered = number;
    if (subject.record.status == Status::error) co_await change_status(subject, to_active(Status::error));
}

// Silence -----------------------------------------------------------------------------------------

/// Sockets have their heartbeats while they are bound: the hub knows. Who refused the handshake is left alone.
void Workers::watch_silence(Subject const& subject) {
    auto const& plan = subject.plan;
    if (plan.channel.type == subscriptions::ChannelType::websocket) return;
    bool const wanted = plan.kind == Kind::topic && plan.channel.heartbeat_period && subject.record.accepted;
    if (wanted) {
        heartbeats_.watch(subject.record.id, *plan.channel.heartbeat_period);
    } else {
        heartbeats_.forget(subject.record.id);
    }
}

/// From the attempt on, not from its answer: whoever takes long to answer has been told of all the same.
void Workers::break_silence(Worker& worker) {
    heartbeats_.touch(worker.id);
    worker.beat = false;
}

/// While an Event waits to be tried again. What becomes of it is of no account: the Event tells how the endpoint is.
awaitable<void> Workers::beat_between_attempts(Worker& worker, Subject const& subject) {
    if (has_ended(subject.plan)) co_return;
    break_silence(worker);
    auto request = heartbeat_request(settings_, subject.record, subject.plan, clock_.utc_now());
    (void)co_await sender_.send(subject.plan.channel, std::move(request));
}

/// When nothing else is to be sent. One that fails counts as a notification that failed; in error it is the only probe.
awaitable<Workers::Next> Workers::beat_hook(Worker& worker, Subject& subject) {
    if (!worker.beat) co_return Next::rest;
    break_silence(worker);
    worker.trial.begin(0, subject.record.version, clock_.now());
    auto request = heartbeat_request(settings_, subject.record, subject.plan, clock_.utc_now());
    auto const outcome = co_await sender_.send(subject.plan.channel, std::move(request));
    if (outcome.delivered()) {
        worker.trial = Trial();
        co_return Next::rest;
    }
    bool again = false;
    if (outcome.attempted) {
        again = co_await settle_failure(worker, subject, outcome);
    } else {
        again = co_await wait_for_turn(worker, subject);
    }
    worker.beat = again;
    co_return Next::look_again;  // somebody may have woken it meanwhile
}

// Status and waits ------------------------------------------------------------------------------------------

/// Until it is stored, or turns out not to apply: what an endpoint answered says nothing about a Subscription that has been changed since. `subject` is
/// then as it is stored. True: it was applied.
awaitable<bool> Workers::change_status(Subject& subject, cache::StatusChange change) {
    change.id = subject.record.id;
    change.version = subject.record.version;
    while (true) {
        change.now = clock_.utc_now();
        auto changed = co_await storage_.change_status(change);
        if (changed) {
            bool const applied = changed->changed;
            if (changed->presence == cache::Presence::found)
                subject.record = std::move(changed->record);
            else
                subject.record.status = Status::off;
            co_return applied;
        }
        logger_.warning(
            "status not stored", {{"subscription", change.id}, {"reason", changed.error().detail()}}
        );
        co_await clock_.sleep_for(kStorageRest);
    }
}

awaitable<void> Workers::turn_off(Subject& subject, cache::StatusChange change) {
    co_await change_status(subject, std::move(change));
    if (subject.record.status == Status::off) ended_(subject.record.id);
}

/// False: shutting down, or the Subscription is not the version it was. A wake for new Events does not shorten the wait. `beating`: whose
/// heartbeats go on meanwhile.
awaitable<bool> Workers::pause(
    Worker& worker, async::Clock::Duration wait, std::uint64_t version, Subject const* beating
) {
    auto const until = async::Deadline::after(clock_, wait);
    while (!closing_ && !until.expired(clock_)) {
        if (beating != nullptr && worker.beat) co_await beat_between_attempts(worker, *beating);
        auto woken = worker.woken.wait();
        (void)co_await async::with_deadline(clock_, until, std::move(woken));
        bool const unchanged = co_await is_unchanged(worker, version);
        if (!unchanged) co_return false;
    }
    co_return !closing_;
}

/// In error the next Event is a reason to try at once: as pause(), but ends with it, after `least`.
awaitable<bool> Workers::pause_until_news(
    Worker& worker, Subject& subject, async::Clock::Duration wait, async::Clock::Duration least
) {
    auto const until = async::Deadline::after(clock_, wait);
    bool unchanged = co_await pause(worker, std::min(wait, least), subject.record.version);
    while (unchanged && !closing_ && !until.expired(clock_)) {
        auto const found = co_await storage_.read_subscription(kScope, worker.id);
        if (found && found->record.events > subject.record.events) {
            subject.record.events = found->record.events;
            co_return found->record.version == subject.record.version;
        }
        auto woken = worker.woken.wait();
        (void)co_await async::with_deadline(clock_, until, std::move(woken));
        unchanged = co_await is_unchanged(worker, subject.record.version);
    }
    co_return unchanged && !closing_;
}

/// Still the version it was: looked at where somebody has woken the worker.
awaitable<bool> Workers::is_unchanged(Worker& worker, std::uint64_t version) {
    if (!std::exchange(worker.again, false)) co_return true;
    if (worker.outdated) co_return false;
    auto const found = co_await storage_.read_subscription(kScope, worker.id);
    bool const there = !found || found->presence == cache::Presence::found || found->record.notice;
    co_return there && (!found || found->record.version == version);
}

awaitable<void> Workers::rest_after_storage_failure(Worker const& worker, Failure const& failure) {
    logger_.warning("storage", {{"subscription", worker.id}, {"reason", failure.detail()}});
    co_await clock_.sleep_for(kStorageRest);
}

}  // namespace tributary::delivery
