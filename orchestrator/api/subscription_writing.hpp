#pragma once
#include <string>

#include "orchestrator/api/context.hpp"
#include "orchestrator/api/router.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::api {

// What creates and updates of Subscriptions have in common.

/// 412: If-Match named another version than the present one.
net::ServerResponse stale_subscription(std::uint64_t version);

/// What a websocket Subscription is from the start (subscriptions B17.1), and what needs a call-out first.
subscriptions::Status first_status(subscriptions::Reading const& reading);

/// Demographics of the patients that criteria name by our ids; the same query where they name none. Errors: value for an unknown id.
/// Deadline: none, at most the storage queue ahead. Cancellation: terminal, nothing remains.
awaitable<Result<fhir::search::PatientQuery>> discovery_query(
    Context const& context, std::string scope, subscriptions::Plan const& plan
);
/// A Discovery is run, or joined, for what the Subscription asks.
void want(
    Context const& context,
    Request const& request,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    fhir::search::PatientQuery query
);

enum class Write { create, update, none };  ///< none: a conditional create that found one

/// The answer to a write: the resource, or what Prefer asks for. `carried`: as the client wrote it, whose header values in clear are
/// echoed; nullptr: the write set none, all are masked. Source: subscriptions D2.
net::ServerResponse written(
    Context const& context,
    Request const& request,
    Write write,
    cache::SubscriptionRecord const& record,
    fhir::json::Value const* carried
);

}  // namespace tributary::api
