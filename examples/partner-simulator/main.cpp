#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "examples/partner-simulator/partner_list.hpp"
#include "examples/partner-simulator/profiles.hpp"
#include "examples/partner-simulator/resources.hpp"
#include "examples/partner-simulator/settings.hpp"
#include "examples/partner-simulator/simulator.hpp"
#include "fhir/base/outcome_table.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::simulator {
namespace {

namespace asio = boost::asio;

constexpr auto kDrain = std::chrono::seconds(2);

net::ServerResponse error_page(Failure const& failure) {
    auto const& row = outcome_of(failure.errc());
    auto const body = fhir::json::write(operation_outcome(row.severity, row.issue, failure.detail()));
    return net::ServerResponse(row.status, "application/fhir+json", body);
}

/// Serves until SIGINT or SIGTERM.
class Program {
public:
    Program(asio::io_context& loop, Settings settings)
        : signals_(loop, SIGINT, SIGTERM),
          settings_(std::move(settings)),
          server_(
              loop.get_executor(),
              clock_,
              server_settings(settings_),
              handler(),
              {},
              error_page,
              logger_,
              metrics_
          ) {}

    Result<void> start() {
        if (auto listening = server_.listen(); !listening) return listening;
        auto const root = "http://" + settings_.address + ':' + std::to_string(server_.port());
        auto network = make_network(settings_.network);
        if (!network) return network.error();
        if (settings_.tokens) require_tokens(*network);
        auto const count = network->communities.size();
        if (!settings_.write_config.empty()) {
            if (auto written = write_file(settings_.write_config, partner_list(*network, root)); !written)
                return written;
        }
        simulator_.emplace(clock_, std::move(*network), script(), root);
        server_.start();
        std::cout << "partner-simulator ready base=" << root << " partners=" << count << std::endl;
        return {};
    }

    awaitable<int> serve() {
        co_await signals_.async_wait(asio::use_awaitable);
        auto const deadline = async::Deadline::after(clock_, kDrain);
        co_await server_.drain(deadline);
        co_return EXIT_SUCCESS;
    }

private:
    Script script() const {
        Script script;
        script.seed = settings_.network.seed;
        script.latency_divisor = settings_.latency_divisor;
        script.faults = settings_.faults;
        script.change_period = settings_.change_period;
        script.health_changes = settings_.health_changes;
        return script;
    }
    void require_tokens(Network& network) const {
        for (auto& community : network.communities)
            community.behaviour.bearer_token = draw_bearer_token(settings_.network.seed, community.id);
    }
    static net::HttpServer::Settings server_settings(Settings const& settings) {
        net::HttpServer::Settings server;
        server.address = settings.address;
        server.port = settings.port;
        server.name = "simulator";
        return server;
    }
    net::HttpServer::Handler handler() {
        return [this](net::ServerRequest request) { return simulator_->handle(std::move(request)); };
    }

    asio::signal_set signals_;  // before the ready line, so that whoever read it can end the program
    Settings settings_;
    async::SystemClock clock_;
    Metrics metrics_;
    Logger logger_ = Logger::to_stderr(LogFormat::text, LogLevel::warning);
    std::optional<Simulator> simulator_;
    net::HttpServer server_;
};

int run(Settings settings) {
    asio::io_context loop{1};
    Program program(loop, std::move(settings));
    if (auto started = program.start(); !started) {
        std::cerr << "partner-simulator: " << started.error().detail() << '\n';
        return EXIT_FAILURE;
    }
    return async::run_loop(loop, program.serve());
}

}  // namespace
}  // namespace tributary::simulator

int main(int argc, char** argv) {
    int exit_code = EXIT_SUCCESS;
    auto settings = tributary::simulator::read_command_line(argc, argv, exit_code);
    return settings ? tributary::simulator::run(std::move(*settings)) : exit_code;
}
