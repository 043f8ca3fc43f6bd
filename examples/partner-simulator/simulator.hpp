#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>

#include "examples/partner-simulator/call_log.hpp"
#include "examples/partner-simulator/changes.hpp"
#include "examples/partner-simulator/fhir_facade.hpp"
#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/oracle.hpp"
#include "examples/partner-simulator/statistics.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::simulator {

using boost::asio::awaitable;

/// When and whether communities answer, and what changes meanwhile.
struct Script {
    std::uint64_t seed = 0;
    double latency_divisor =
        1;  ///< of all times below and of latencies; 0: answers at once, the times below as they are
    Faults faults = Faults::on;
    std::chrono::seconds change_period{0
    };  ///< between the ticks of the change feed; 0: the data stay as they are
    bool health_changes = false;  ///< for an hour; afterwards everybody is well
};

/// Serves the communities of a Network at /<id>/fhir, the oracle at /oracle, counts at /statistics and the latest requests at /calls.
/// Owner: main; outlives the server. Thread: the loop.
class Simulator {
public:
    /// `root`: "http://127.0.0.1:9001", once the port is known. Time begins now.
    Simulator(async::Clock& clock, Network network, Script script, std::string root);
    Simulator(Simulator const&) = delete;

    /// A request, answered after its latency, or by a fault. Deadline: none. Cancellation: terminal.
    awaitable<net::ServerResponse> handle(net::ServerRequest request);

private:
    static constexpr std::size_t kMostCalls = 100'000;

    struct Site {
        Community* community;
        FhirFacade facade;
        Tally tally = {};
        std::unordered_map<std::string, unsigned> attempts = {};  ///< by target, of a flaky community
    };
    class Visit;
    awaitable<net::ServerResponse> visit(Site& site, net::ServerRequest request, std::string path);
    void catch_up();
    void change_data(std::size_t tick);
    void change_health(std::size_t slot);
    async::Clock::Duration scaled(std::chrono::duration<double> time) const;
    net::ServerResponse tell_oracle(std::string_view query) const;
    net::ServerResponse tell_statistics() const;

    async::Clock& clock_;
    Network network_;
    Script const script_;
    ChangeFeed feed_;
    async::Clock::TimePoint const start_;
    std::size_t tick_ = 0, slot_ = 0;
    Tally all_;
    std::map<std::string, Site, std::less<>> sites_;
    CallLog calls_{kMostCalls};
};

}  // namespace tributary::simulator
