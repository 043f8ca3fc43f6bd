#pragma once
#include <string>
#include <string_view>

#include "examples/partner-simulator/network.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::simulator {

/// [[partner]] tables for tributary: a configuration of its own, or a `partners_file`. `root`: "http://127.0.0.1:9001".
std::string partner_list(Network const& network, std::string_view root);

/// Replaces the file in one step, so that nobody reads half of it. Errors: storage, with the reason.
Result<void> write_file(std::string const& path, std::string_view text);

}  // namespace tributary::simulator
