#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "orchestrator/cli/terminal.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/partner.hpp"

namespace tributary::cli {

/// What came of reading one partner's CapabilityStatement.
struct CheckResult {
    std::string id, name, fhir;
    partner::DiscoveryMethod discovery = partner::DiscoveryMethod::automatic;
    Result<partner::Capabilities> said = partner::Capabilities();
    std::chrono::milliseconds took{0};
};

/// A line a partner, sorted by what is wrong: who does not answer first, then who is refused, then what works but needs a look, what is good last; each
/// with what to do. Wrapped to the terminal's width; a line each where it is none. Counts at the end. URLs without credentials and queries.
std::string format_check(std::vector<CheckResult> const& results, Terminal const& terminal);

}  // namespace tributary::cli
