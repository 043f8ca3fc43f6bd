#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "examples/partner-simulator/network.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::simulator {

/// What a community in ill health answers in place of the truth; empty: it answers this attempt as it should. `attempt` counts from 0 how often the
/// same `target` was asked. The same every time.
std::optional<net::ServerResponse> fault_of(
    std::uint64_t seed, Community const& community, std::string_view target, unsigned attempt
);

/// 429, with the time to come back in the form the community uses.
net::ServerResponse too_many_requests(RetryAfter form, std::chrono::system_clock::time_point now);

/// An OperationOutcome with one issue of severity error.
net::ServerResponse refusal(unsigned status, std::string_view code, std::string_view diagnostics);

}  // namespace tributary::simulator
