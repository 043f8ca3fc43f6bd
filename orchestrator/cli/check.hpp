#pragma once
#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/cli/check_table.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/partner.hpp"

namespace tributary::cli {

/// A partner whose CapabilityStatement is to be read. The Community outlives the check.
struct CheckedPartner {
    std::string id, name, fhir;
    partner::DiscoveryMethod discovery = partner::DiscoveryMethod::automatic;
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    partner::Community* community = nullptr;
};

/// `tributary check`: reads the CapabilityStatement of all partners, at most `at_once` at a time; in the order of `partners`.
/// Deadline: `timeout` of each partner. Cancellation: terminal. Errors: in the results.
boost::asio::awaitable<std::vector<CheckResult>> check_partners(
    async::Clock& clock, std::vector<CheckedPartner> partners, std::size_t at_once
);

}  // namespace tributary::cli
