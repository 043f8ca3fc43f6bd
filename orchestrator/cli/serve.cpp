#include "orchestrator/cli/serve.hpp"

#include <csignal>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/app/app.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/cli/descriptor_limit.hpp"
#include "orchestrator/config/config.hpp"

namespace tributary::cli {

namespace {

using boost::asio::awaitable;

awaitable<void> wait_for_stop(boost::asio::signal_set& signals, Logger logger) {
    for (;;) {
        int const signal = co_await signals.async_wait(boost::asio::use_awaitable);
        if (signal != SIGHUP) break;
        logger.warning(
            "SIGHUP is ignored",
            {{"reason", "the configuration is read at the start only: restart to change it"}}
        );
    }
    signals.clear();  // a second signal ends the process at once
    logger.info("stopping");
}

awaitable<int> serve(app::App& app, async::Clock& clock, std::chrono::milliseconds drain, Logger logger) {
    auto ex = co_await boost::asio::this_coro::executor;
    boost::asio::signal_set signals(ex, SIGINT, SIGTERM, SIGHUP);
    auto const started = co_await app.start();
    if (started) {
        std::cout << app.ready_line() << std::endl;
        co_await wait_for_stop(signals, logger);
    } else {
        logger.error("cannot start", {{"reason", started.error().detail()}});
    }
    co_await app.stop(async::Deadline::after(clock, drain));
    logger.info("stopped");
    co_return started ? 0 : 1;
}

}  // namespace

int run_serve(ServeOptions const& options) {
    auto reading = config::read_config(options.config, config::process_environment());
    if (!reading.problems.empty()) {
        for (auto const& problem : reading.problems) std::cerr << problem << '\n';
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a write that fails, as on a full disk
    (void)raise_descriptor_limit();
    auto const logger = Logger::to_stderr(options.log_format, options.log_level);
    auto const drain = reading.config.server.drain;
    boost::asio::io_context ctx{1};
    async::SystemClock clock;
    auto app = app::App::open(ctx.get_executor(), clock, std::move(reading.config), logger);
    if (!app) {
        std::cerr << "tributary: " << app.error().detail() << '\n';
        return 1;
    }
    return async::run_loop(ctx, serve(**app, clock, drain, logger));
}

}  // namespace tributary::cli
