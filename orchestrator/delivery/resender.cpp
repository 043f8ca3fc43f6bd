#include "orchestrator/delivery/resender.hpp"

#include <algorithm>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"

namespace tributary::delivery {

namespace {

using subscriptions::Status;

constexpr char kScope[] = "";
constexpr std::size_t kMost = 100;

}  // namespace

Result<Resender::Subject> Resender::subject(cache::FoundSubscription found) const {
    if (found.presence == cache::Presence::unknown)
        return Failure(Errc::not_found, "no Subscription has this id");
    if (found.presence == cache::Presence::deleted)
        return Failure(Errc::deleted, "this Subscription was deleted");
    auto plan = subscriptions::stored_plan(found.record.resource, rules_);
    if (!plan) return plan.error();
    if (plan->channel.type == subscriptions::ChannelType::websocket)
        return Failure(Errc::business_rule, "an app on a WebSocket gets what it missed when it binds");
    if (found.record.status != Status::active && found.record.status != Status::error)
        return Failure(Errc::business_rule, "nothing is sent to a Subscription that is requested or off");
    return Subject{std::move(found.record), std::move(*plan)};
}

awaitable<Result<Resent>> Resender::send(
    async::Deadline deadline, std::string subscription, ResendRange range
) {
    auto found = co_await storage_.read_subscription(kScope, subscription);
    if (!found) co_return found.error();
    auto wanted = subject(std::move(*found));
    if (!wanted) co_return wanted.error();
    auto& record = wanted->record;
    auto const from = range.from.value_or(record.delivered + 1);
    auto const to = std::min(range.to.value_or(record.events), record.events);
    if (from < 1 || (range.to && from > *range.to)) {
        co_return Failure(
            Errc::invalid,
            "from is at least 1 and not above to; without it, it is the first Event not delivered yet: " +
                std::to_string(record.delivered + 1)
        );
    }
    auto const events = co_await storage_.events(subscription, from - 1, to, kMost);
    if (!events) co_return events.error();
    Resent resent;
    for (auto const& event : *events) {
        resent.next = event.number;
        auto request = event_request(settings_, subscription, wanted->plan, event);
        request.asked_for = true;
        auto sending = sender_.send(wanted->plan.channel, std::move(request));
        auto const outcome = co_await async::with_deadline(clock_, deadline, std::move(sending));
        if (!outcome) co_return resent;
        if (!outcome->delivered()) {
            resent.failure = subscriptions::error_code(*outcome);
            if (event.number <= record.delivered) co_return resent;
            auto const counted = co_await storage_.record_failure(subscription, event.number);
            if (!counted) co_return counted.error();
            co_return resent;
        }
        ++resent.sent;
        auto const recorded = co_await record_delivery(record, event.number);
        if (!recorded) co_return recorded.error();
    }
    bool const more = !events->empty() && events->back().number < to;
    resent.next = more ? events->back().number + 1 : 0;
    co_return resent;
}

awaitable<Result<void>> Resender::record_delivery(cache::SubscriptionRecord& record, std::int64_t number) {
    if (number != record.delivered + 1) co_return Result<void>();
    record.delivered = number;
    co_return co_await storage_.record_delivery(record.id, number, clock_.utc_now());
}

}  // namespace tributary::delivery
