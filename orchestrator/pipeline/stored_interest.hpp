#pragma once
#include <optional>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "orchestrator/pipeline/surroundings.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::pipeline {

/// Whom a stored Subscription asks for. Empty: it is not understood any more, or its patient is not known; logged. Both references outlive the call.
/// Cancellation: terminal. Errors: storage.
awaitable<Result<std::optional<Interest>>> stored_interest(
    Surroundings const& around, cache::SubscriptionRecord record, subscriptions::Rules const& rules
);

}  // namespace tributary::pipeline
