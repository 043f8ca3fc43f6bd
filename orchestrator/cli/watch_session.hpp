#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/cli/watch_messages.hpp"
#include "orchestrator/cli/watch_view.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/websocket_client.hpp"

namespace tributary::cli {

using boost::asio::awaitable;

/// One Subscription of `tributary watch`, from its creation to its deletion. Owner: run_watch. Thread: the loop.
/// Ends by itself when everything is known, or soon after stop().
class WatchSession {
public:
    struct Settings {
        std::string criteria, server;
        std::chrono::milliseconds tick = std::chrono::milliseconds(250);  ///< the clock on the screen
        std::chrono::seconds call = std::chrono::seconds(10);
        std::chrono::milliseconds start =
            std::chrono::seconds(3);  ///< a server just started may not listen yet
        std::chrono::milliseconds grace =
            std::chrono::seconds(2);  ///< once stopped, for the server to answer what creates or deletes
    };
    WatchSession(
        async::Clock& clock,
        net::HttpClient& http,
        net::TlsContextPtr tls,
        WatchScreen& screen,
        Settings settings
    );

    /// Subscribes, shows what comes, and deletes the Subscription whatever happened. Deadline: none but those of its calls.
    /// Cancellation: not meant to be cancelled: use stop(). Errors: the first that ended it; detail: words for the user.
    awaitable<Result<void>> run();
    /// Asks run() to end: at once, but for a call that creates or deletes the Subscription. From the loop.
    void stop();

private:
    /// Runs it where stop() reaches it.
    awaitable<void> run_stoppable(awaitable<void> task);
    awaitable<void> end_after_grace();
    awaitable<Result<void>> watch();
    awaitable<Result<void>> subscribe();
    awaitable<Result<fhir::json::Value>> first_answer();
    awaitable<Result<void>> bind();
    awaitable<void> follow();
    awaitable<void> read_notifications(async::TaskGroup& group);
    awaitable<void> keep_time();
    awaitable<Result<fhir::json::Value>> call(std::string method, std::string target, std::string body = {});
    void show(Notification const& notification);
    void fail(async::TaskGroup& group, Failure failure);
    std::chrono::milliseconds elapsed() const;

    async::Clock& clock_;
    net::HttpClient& http_;
    WatchScreen& screen_;
    Settings settings_;
    net::TlsContextPtr tls_;
    std::optional<net::WebSocketClient> socket_;
    async::Clock::TimePoint started_;
    std::string subscription_;  ///< id; "" while there is none
    Progress progress_;
    Summary summary_;
    std::set<std::string> documents_;
    std::optional<Failure> failure_;
    bool stopping_ = false;             ///< stop() was called
    bool changing_ = false;             ///< the server has not answered yet what creates or deletes
    async::TaskGroup* live_ = nullptr;  ///< while there is something to cancel
};

}  // namespace tributary::cli
