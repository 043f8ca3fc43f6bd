#include "orchestrator/api/subscription_view.hpp"

#include "cache/subscription_history.hpp"
#include "fhir/json/reader.hpp"

namespace tributary::api {

Result<fhir::json::Value> show_subscription(cache::SubscriptionRecord const& record) {
    auto resource = fhir::json::read(record.resource);
    if (!resource) return Failure(Errc::storage, "a stored Subscription cannot be read");
    return subscriptions::outward_subscription(std::move(*resource), cache::server_state(record));
}

Result<subscriptions::StatusHeader> status_header(
    cache::SubscriptionRecord const& record, subscriptions::Rules const& rules
) {
    auto const resource = fhir::json::read(record.resource);
    if (!resource) return Failure(Errc::storage, "a stored Subscription cannot be read");
    auto const plan = subscriptions::read_plan(*resource, rules);
    if (!plan) return plan.error();
    subscriptions::StatusHeader header;
    header.base = rules.base;
    header.subscription_id = record.id;
    header.topic = plan->topic;
    header.content = plan->content;
    header.status = record.status;
    header.events_since_start = record.events;
    header.error_code = record.error_code;
    return header;
}

}  // namespace tributary::api
