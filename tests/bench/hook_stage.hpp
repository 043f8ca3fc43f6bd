#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/async/one_shot.hpp"
#include "orchestrator/net/http_server.hpp"
#include "tests/bench/http_bench.hpp"

namespace tributary::bench {

using TimePoint = std::chrono::steady_clock::time_point;

/// What surrounds the server under measurement: one partner, which knows a patient of any given name and has documents for each, and one REST-hook
/// receiver, which notes when a request has arrived whole. Owner: main; outlives the tasks that use it. Thread: the loop.
class HookStage {
public:
    struct Settings {
        std::uint16_t port = 0;
        /// The partner lists documents only so long after it was asked: by then the Subscription's handshake is over.
        std::chrono::milliseconds page_after{60};
    };
    HookStage(HttpBench& bench, Settings settings);
    HookStage(HookStage const&) = delete;

    /// Errors: connect.
    Result<void> listen();
    awaitable<void> drain(async::Deadline deadline);
    std::uint16_t port() const { return server_.port(); }
    std::string partner_base() const { return origin() + "/partner/fhir"; }
    std::string hook(std::string const& name) const { return origin() + "/hook/" + name; }

    /// From now on the partner's page for this given name is timed, as is the first Event at hook(name). The page has `documents` entries.
    void expect(std::string const& name, std::size_t documents);
    void forget(std::string const& name) { expected_.erase(name); }
    /// When the partner was about to write its page.
    TimePoint page_sent(std::string const& name) const { return expected_.at(name).page_sent; }
    /// When the first request with a body that is no handshake had been read whole at hook(name). Cancellation: terminal.
    awaitable<TimePoint> arrival(std::string const& name) { return expected_.at(name).arrived.wait(); }
    /// Events received, and the size of the latest.
    std::size_t events() const { return events_; }
    std::size_t event_bytes() const { return event_bytes_; }
    /// Returns once `count` Events have been received. Cancellation: terminal.
    awaitable<bool> events_reach(std::size_t count);
    /// What the partner was asked.
    std::size_t calls() const { return calls_; }

private:
    struct Expected {
        std::size_t documents = 1;
        TimePoint page_sent;
        async::OneShot<TimePoint> arrived;
    };

    std::string origin() const { return "http://127.0.0.1:" + std::to_string(port()); }
    awaitable<net::ServerResponse> handle(net::ServerRequest request);
    net::ServerResponse receive(net::ServerRequest const& request);
    awaitable<net::ServerResponse> answer(net::ServerRequest request);
    std::string page(std::string const& name, std::size_t documents) const;

    async::Clock& clock_;
    Settings settings_;
    std::map<std::string, Expected, std::less<>> expected_;
    std::size_t events_ = 0, event_bytes_ = 0, events_awaited_ = 0, calls_ = 0;
    async::OneShot<bool> reached_;
    net::HttpServer server_;
};

}  // namespace tributary::bench
