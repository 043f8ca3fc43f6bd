#pragma once
#include <chrono>
#include <exception>
#include <iostream>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/tls.hpp"

namespace tributary::bench {

using boost::asio::awaitable;

/// A loop with our HTTP client on it, as the server has one. Owner: main.
struct HttpBench {
    boost::asio::io_context loop{1};
    async::SystemClock clock;
    Metrics metrics;
    net::TlsContexts tls;
    async::Worker worker{loop.get_executor()};
    net::HttpClient client{loop.get_executor(), clock, worker, tls, metrics, net::HttpClient::Settings()};
};

/// For task groups: a bug in a benchmark is told, and counts as a call that failed.
inline void tell_bug(std::string_view task, std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& what) {
        std::cerr << task << ": " << what.what() << '\n';
    }
}

}  // namespace tributary::bench
