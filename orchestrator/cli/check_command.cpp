#include "orchestrator/cli/check_command.hpp"

#include <iostream>

#include <boost/asio/io_context.hpp>

#include "orchestrator/app/partners.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/cli/check.hpp"
#include "orchestrator/config/config.hpp"

namespace tributary::cli {

namespace {

using Partners = std::vector<std::unique_ptr<partner::Partner>>;

boost::asio::awaitable<int> check(async::Clock& clock, Partners& partners, net::HttpClient& client) {
    std::vector<CheckedPartner> checked;
    for (auto const& partner : partners)
        checked.push_back(CheckedPartner{partner->id(), partner->settings().fhir, &partner->community()});
    int const code = co_await check_partners(clock, std::move(checked), std::cout);
    client.close_idle();
    co_return code;
}

}  // namespace

int run_check(std::filesystem::path const& config) {
    auto const reading = config::read_config(config, config::process_environment());
    if (!reading.problems.empty()) {
        for (auto const& problem : reading.problems) std::cerr << problem << '\n';
        return 2;
    }
    boost::asio::io_context ctx{1};
    auto const ex = ctx.get_executor();
    async::SystemClock clock;
    Metrics metrics;
    async::Worker worker(ex);
    net::TlsContexts tls;
    net::HttpClient client(ex, clock, worker, tls, metrics, net::HttpClient::Settings());
    async::Semaphore permits(reading.config.discovery.max_in_flight);
    auto partners = app::make_partners(
        {ex, clock, client, tls, worker, permits, Logger(), metrics}, reading.config.partners
    );
    if (!partners) {
        std::cerr << "tributary: " << partners.error().detail() << '\n';
        return 2;
    }
    int const code = async::run_loop(ctx, check(clock, *partners, client));
    worker.stop();
    return code;
}

}  // namespace tributary::cli
