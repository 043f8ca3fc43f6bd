#pragma once
#include <string>
#include <string_view>

namespace tributary::subscriptions {

/// A notification Bundle as clients of the JSON dialect read it: SubscriptionStatus with R4B's names in place of Parameters, and a relative reference to
/// the Subscription; what follows stays. "" where the text is no notification Bundle. Source: clients 2.4, 2.2.
std::string dialect_form(std::string_view bundle);

/// The answer to a ping.
inline constexpr std::string_view kDialectPong = R"({"type":"pong"})";

}  // namespace tributary::subscriptions
