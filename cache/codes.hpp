#pragma once
#include <string_view>

#include "cache/records.hpp"

namespace tributary::cache {

/// The issue of an Exchange whose partner knows several people whom the question may mean.
inline constexpr char kMultipleMatches[] = "multiple-matches";

// How enumerators stand in the database. What cannot be read (a later version's word) is told as the first enumerator.

std::string_view code(subscriptions::EventKind kind);
subscriptions::EventKind event_kind(std::string_view code);
std::string_view code(ExchangeState state);
ExchangeState exchange_state(std::string_view code);

/// How a Discovery's state stands on the wire: "none", "running", "late", "complete".
std::string_view wire(DiscoveryState state);
std::string_view wire(PartnerState state);

}  // namespace tributary::cache
