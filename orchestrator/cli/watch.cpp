#include "orchestrator/cli/watch.hpp"

#include <csignal>
#include <fstream>
#include <functional>
#include <iostream>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/cli/terminal.hpp"
#include "orchestrator/cli/watch_session.hpp"
#include "orchestrator/cli/watch_view.hpp"

namespace tributary::cli {
namespace {

awaitable<void> stop_on_signal(WatchSession& session) {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::signal_set signals(executor, SIGINT, SIGTERM, SIGHUP);
    co_await signals.async_wait(boost::asio::use_awaitable);
    session.stop();
}

awaitable<int> watch(WatchSession& session, net::HttpClient& http) {
    Result<void> result;
    auto until_end = [&](async::TaskGroup& group) -> awaitable<void> {
        if (group.spawn("signals", stop_on_signal(session))) result = co_await session.run();
        group.cancel();
    };
    co_await async::with_group(std::ref(until_end));
    http.close_idle();
    if (result) co_return 0;
    std::cerr << "tributary watch: " << result.error().detail() << '\n';
    co_return 1;
}

}  // namespace

int run_watch(WatchOptions options) {
    while (options.server.ends_with('/')) options.server.pop_back();
    while (options.criteria.starts_with('/')) options.criteria.erase(0, 1);
    std::signal(SIGPIPE, SIG_IGN);     // a closed output ends the session, which deletes its Subscription
    std::ios::sync_with_stdio(false);  // a frame of the screen is one write
    boost::asio::io_context loop{1};
    async::SystemClock clock;
    async::Worker worker(loop.get_executor());
    net::TlsContexts contexts;
    Metrics metrics;
    auto tls = contexts.client({});
    if (!tls) {
        std::cerr << "tributary watch: " << tls.error().detail() << '\n';
        return 1;
    }
    net::HttpClient http(loop.get_executor(), clock, worker, contexts, metrics, {});
    WatchScreen screen(std::cout, detect_terminal());
    WatchSession session(clock, http, *tls, screen, {std::move(options.criteria), std::move(options.server)});
    int const code = async::run_loop(loop, watch(session, http));
    worker.stop();
    if (!options.summary.empty()) std::ofstream(options.summary) << screen.last_words();
    return code;
}

}  // namespace tributary::cli
