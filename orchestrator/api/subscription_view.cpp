#include "orchestrator/api/subscription_view.hpp"

#include "cache/subscription_history.hpp"
#include "fhir/json/reader.hpp"

namespace tributary::api {

Result<fhir::json::Value> show_subscription(cache::SubscriptionRecord const& record) {
    auto resource = fhir::json::read(record.resource);
    if (!resource) return Failure(Errc::bug, "a stored Subscription cannot be read");
    return subscriptions::outward_subscription(std::move(*resource), cache::server_state(record));
}

Result<void> check_found(cache::Presence presence) {
    if (presence == cache::Presence::unknown) return Failure(Errc::not_found, "no Subscription has this id");
    if (presence == cache::Presence::deleted) return Failure(Errc::deleted, "this Subscription was deleted");
    return {};
}

subscriptions::StatusHeader status_header(
    cache::SubscriptionRecord const& record, subscriptions::Rules const& rules
) {
    subscriptions::StatusHeader header;
    if (auto const plan = subscriptions::stored_plan(record.resource, rules)) {
        header.topic = plan->topic;
        header.content = plan->content;
    }
    header.base = rules.base;
    header.subscription_id = record.id;
    header.status = record.status;
    header.events_since_start = record.events;
    header.error_code = record.error_code;
    header.error_text = record.error_text;
    return header;
}

std::size_t cost_of(cache::SubscriptionPage const& page) {
    constexpr std::size_t kEach = 4096;  // some 30 µs, however small it is
    std::size_t bytes = 0;
    for (auto const& record : page.records) bytes += kEach + record.resource.size();
    return bytes;
}

}  // namespace tributary::api
