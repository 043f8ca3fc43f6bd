#pragma once
#include <optional>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

/// Reads Subscription.channel into plan.channel and plan.content. `kind` is empty where criteria did not tell it: then what depends on it is not
/// checked. Part of read_subscription(). Source: subscriptions A3, A4, B4.1, B4.4, B6, D1.
void read_channel(
    fhir::json::Value const& resource,
    std::optional<Kind> kind,
    Rules const& rules,
    Plan& plan,
    std::vector<Failure>& problems
);

}  // namespace tributary::subscriptions
