#include "orchestrator/cli/check_command.hpp"

#include <algorithm>
#include <iostream>

#include <boost/asio/io_context.hpp>

#include "orchestrator/app/partners.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/cli/check.hpp"
#include "orchestrator/cli/descriptor_limit.hpp"
#include "orchestrator/config/config.hpp"

namespace tributary::cli {

namespace {

using Partners = std::vector<std::unique_ptr<partner::Partner>>;

/// More at once would measure this machine rather than the partners.
constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kLeastWidth = 40;  // a narrower terminal wraps the table itself

/// Half of the sockets we may have: some partners need two at a time.
std::size_t at_once(std::size_t max_in_flight) {
    auto const sockets = raise_descriptor_limit();
    return std::max<std::size_t>(1, std::min({kAtOnce, max_in_flight, sockets / 2}));
}

CheckedPartner to_check(partner::Partner& partner) {
    auto const& settings = partner.settings();
    return {
        settings.id,
        settings.name,
        settings.fhir,
        settings.discovery,
        settings.probe_timeout,
        &partner.community()
    };
}

boost::asio::awaitable<int> check(
    async::Clock& clock, Partners& partners, net::HttpClient& client, std::size_t at_once
) {
    std::vector<CheckedPartner> checked;
    for (auto const& partner : partners) checked.push_back(to_check(*partner));
    auto const results = co_await check_partners(clock, std::move(checked), at_once);
    client.close_idle();
    auto terminal = detect_terminal();
    terminal.width = std::max(terminal.width, kLeastWidth);
    std::cout << format_check(results, terminal) << std::flush;
    bool const failing =
        std::any_of(results.begin(), results.end(), [](CheckResult const& result) { return !result.said; });
    co_return failing ? 1 : 0;
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
    auto const many = at_once(reading.config.discovery.max_in_flight);
    int const code = async::run_loop(ctx, check(clock, *partners, client, many));
    worker.stop();
    return code;
}

}  // namespace tributary::cli
