#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/oracle.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::simulator {

using boost::asio::awaitable;

/// When and whether communities answer.
struct Script {
    std::uint64_t seed = 0;
    double latency_divisor = 1;  ///< 0: at once
    Faults faults = Faults::on;
};

/// How long this answer takes: the scripted time of its step, give or take a tenth by seed, community and `target`, divided. The same every time.
std::chrono::microseconds latency_of(
    Script const& script, Community const& community, Step step, std::string_view target
);

/// Serves the communities of a Network at /<id>/fhir, the oracle at /oracle and counts at /statistics. Owner: main; outlives the server.
/// Thread: the loop.
class Simulator {
public:
    /// `root`: "http://127.0.0.1:9001", once the port is known.
    Simulator(async::Clock& clock, Network network, Script script, std::string root);
    Simulator(Simulator const&) = delete;

    /// A request, answered after the scripted latency. Deadline: none. Cancellation: terminal.
    awaitable<net::ServerResponse> handle(net::ServerRequest request);

private:
    struct Site {
        Community const* community;
        FhirFacade facade;
        std::size_t requests = 0, at_once = 0, max_at_once = 0;
    };
    class Visit;
    awaitable<net::ServerResponse> visit(Site& site, net::ServerRequest request, std::string path);
    net::ServerResponse tell_oracle(std::string_view query) const;
    net::ServerResponse tell_statistics() const;

    async::Clock& clock_;
    Network const network_;
    Script const script_;
    std::map<std::string, Site, std::less<>> sites_;
};

}  // namespace tributary::simulator
