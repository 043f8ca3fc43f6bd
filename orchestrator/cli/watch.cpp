#include "orchestrator/cli/watch.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <iostream>
#include <system_error>
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

/// The exit code.
int complain(Failure const& failure) {
    std::cerr << "tributary watch: " << failure.detail() << '\n';
    return 1;
}

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
    co_return complain(result.error());
}

}  // namespace

Result<void> write_summary(std::string const& file, std::string_view words) {
    errno = 0;
    std::ofstream stream(file);
    stream << words << std::flush;
    if (stream) return {};
    auto const reason = std::error_code(errno, std::generic_category()).message();
    return Failure(Errc::storage, "cannot write the summary to " + file + ": " + reason);
}

int run_watch(WatchOptions options) {
    if (!options.summary.empty()) {
        if (auto const writable = write_summary(options.summary, ""); !writable)
            return complain(writable.error());
    }
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
    if (!tls) return complain(tls.error());
    net::HttpClient http(loop.get_executor(), clock, worker, contexts, metrics, {});
    WatchScreen screen(std::cout, detect_terminal());
    WatchSession session(clock, http, *tls, screen, {std::move(options.criteria), std::move(options.server)});
    int code = async::run_loop(loop, watch(session, http));
    worker.stop();
    if (!options.summary.empty()) {
        if (auto const written = write_summary(options.summary, screen.last_words()); !written)
            code = complain(written.error());
    }
    return code;
}

}  // namespace tributary::cli
