#pragma once
#include "cache/records.hpp"
#include "fhir/json/value.hpp"
#include "subscriptions/notification.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::api {

/// A stored Subscription as a client reads it, header values masked. Errors: bug when the stored text does not parse.
Result<fhir::json::Value> show_subscription(cache::SubscriptionRecord const& record);

/// Errors: not_found, deleted, with what a client is told.
Result<void> check_found(cache::Presence presence);

/// What $status says of it. One that is not understood any more (after a change of canonical_base) has no topic, and the lowest content level.
subscriptions::StatusHeader status_header(
    cache::SubscriptionRecord const& record, subscriptions::Rules const& rules
);

/// What it costs to read and write them, as bytes for async::run_by_size().
std::size_t cost_of(cache::SubscriptionPage const& page);

}  // namespace tributary::api
