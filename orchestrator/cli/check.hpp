#pragma once
#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::cli {

/// A partner whose CapabilityStatement is to be read. The Community outlives the check.
struct CheckedPartner {
    std::string id, fhir;
    partner::Community* community = nullptr;
};

/// How it went: the software and its version, or a Failure.
struct CheckResult {
    std::string id, fhir;
    Result<std::string> software = std::string();
    std::chrono::milliseconds took{0};
};

/// A table, a line a partner, what failed first; URLs without credentials and queries; a line of counts at the end.
std::string format_check(std::vector<CheckResult> results);

/// `tributary check`: reads the CapabilityStatement of all partners, some at a time, and prints the table. Answers the exit code: 0 all good, 1 a partner
/// fails. Deadline: ten seconds a partner. Cancellation: terminal.
boost::asio::awaitable<int> check_partners(
    async::Clock& clock, std::vector<CheckedPartner> partners, std::ostream& out
);

}  // namespace tributary::cli
