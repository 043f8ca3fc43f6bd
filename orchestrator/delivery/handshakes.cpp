#include <utility>

#include "orchestrator/delivery/status_change.hpp"
#include "orchestrator/delivery/workers.hpp"

/// How a worker begins with a receiver, and ends.
namespace tributary::delivery {

using namespace std::chrono_literals;
using subscriptions::Decision;
using subscriptions::Status;

awaitable<Workers::Next> Workers::shake_hands(Worker& worker, Subject& subject) {
    auto const version = subject.record.version;
    if (settings_.handshake_delay > 0ms) {
        bool const unchanged = co_await pause(worker, settings_.handshake_delay, version);
        if (!unchanged) co_return Next::look_again;
    }
    auto const since = clock_.now();
    for (unsigned attempt = 0; !closing_; ++attempt) {
        auto request = handshake_request(settings_, subject.record, subject.plan);
        request.within = std::chrono::floor<std::chrono::milliseconds>(
            since + settings_.rules.handshake_within - clock_.now()
        );
        auto const outcome = co_await sender_.send(subject.plan.channel, std::move(request));
        auto const tried_for = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - since);
        auto const decision = subscriptions::decide_handshake(settings_.rules, attempt, tried_for, outcome);
        logger_.info(
            "handshake",
            {{"subscription", worker.id},
             {"delivered", outcome.delivered() ? "yes" : "no"},
             {"status", std::to_string(outcome.status)}}
        );
        switch (decision.action) {
            case Decision::Action::delivered:
                co_await change_status(subject, to_active(Status::requested));
                co_return Next::look_again;
            case Decision::Action::error:
                co_await change_status(
                    subject, to_error(decision.error_code, outcome.status, Status::requested)
                );
                co_return Next::look_again;
            case Decision::Action::off:
                co_await turn_off(subject, to_off(decision.error_code, outcome.status));
                co_return subject.record.status == Status::off ? Next::rest : Next::look_again;
            case Decision::Action::retry:
                break;
        }
        bool const unchanged = co_await pause(worker, decision.wait, version);
        if (!unchanged) co_return Next::look_again;
    }
    co_return Next::rest;
}

/// Off: its receiver is told once, where that is wanted, and hears nothing more.
awaitable<Workers::Next> Workers::take_leave(Worker& worker, Subject& subject) {
    worker.beat = false;
    if (subject.record.notice) {
        bool const told = co_await tell_of_end(worker, subject);
        if (!told) co_return Next::look_again;
    }
    hub_.unbind(worker.id);
    if (subject.record.notice) co_await settle_notice(worker);
    co_return Next::rest;
}

/// Until it is stored: of a deleted Subscription nothing is kept from then on.
awaitable<void> Workers::settle_notice(Worker const& worker) {
    while (true) {
        auto const stored = co_await storage_.settle_notice(worker.id);
        if (stored) co_return;
        auto const failure = stored.error();
        co_await rest_after_storage_failure(worker, failure);
    }
}

/// As often as a handshake is tried. False: the Subscription is not what it was, or this is the end of the program.
awaitable<bool> Workers::tell_of_end(Worker& worker, Subject& subject) {
    auto const& record = subject.record;
    auto const events = co_await storage_.events(record.id, record.events - 1, record.events, 1);
    auto const last_event = events && !events->empty() ? events->front().at : record.last_updated;
    if (subject.plan.channel.type == subscriptions::ChannelType::websocket) {
        hub_.tell(record, last_event);
        co_return true;
    }
    auto const since = clock_.now();
    for (unsigned attempt = 0; !closing_; ++attempt) {
        auto request = deactivation_request(settings_, record, subject.plan, last_event);
        auto const outcome = co_await sender_.send(subject.plan.channel, std::move(request));
        auto const tried_for = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - since);
        auto const decision = subscriptions::decide_handshake(settings_.rules, attempt, tried_for, outcome);
        logger_.info(
            "deactivation notice",
            {{"subscription", record.id}, {"delivered", outcome.delivered() ? "yes" : "no"}}
        );
        if (decision.action != Decision::Action::retry) co_return true;
        bool const unchanged = co_await pause(worker, decision.wait, record.version);
        if (!unchanged) co_return false;
    }
    co_return false;
}

}  // namespace tributary::delivery
