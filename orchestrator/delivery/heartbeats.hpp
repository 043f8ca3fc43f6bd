#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/jitter.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/base/logger.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// Which Subscriptions want a heartbeat, and when each has been silent for its period. One task and a record a Subscription, whatever their number.
/// Who sends, a worker or the hub, says what it has sent. Owner: Deliveries. Thread: the loop. Ends: cancel(), stop(). Source: subscriptions B18.
class Heartbeats {
public:
    using TimePoint = async::Clock::TimePoint;
    using Duration = async::Clock::Duration;

    struct Calls {
        /// Since when one of its sockets has been sent nothing; empty: no socket is bound, touch() tells.
        std::function<std::optional<TimePoint>(std::string const& id)> silent_since;
        /// Has one sent. Must not call back into this object before it returns.
        std::function<void(std::string const& id)> beat;
    };

    Heartbeats(boost::asio::any_io_executor ex, async::Clock& clock, Calls calls, Logger logger);

    /// False: it was stopped already.
    [[nodiscard]] bool start();
    /// From now on, or with another period. One that is watched with this period already goes on as it is.
    void watch(std::string const& id, Duration period);
    /// A notification of whatever kind was delivered. One that is not watched is no error.
    void touch(std::string const& id);
    void forget(std::string const& id);
    std::size_t size() const { return watched_.size(); }

    void cancel() { tasks_.cancel(); }
    awaitable<void> stop() { return tasks_.join(); }

private:
    using Due = std::multimap<TimePoint, std::string const*>;  // the key in watched_
    struct Watched {
        Duration period;
        TimePoint touched;    ///< by touch()
        TimePoint scheduled;  ///< the silence began then, as far as `due` knows
        Due::iterator due;
    };

    awaitable<void> run();
    void beat_due();
    Due::iterator schedule(std::string const& id, TimePoint since, Duration period);

    async::Clock& clock_;
    Calls calls_;
    async::Jitter jitter_;
    std::unordered_map<std::string, Watched> watched_;
    Due due_;
    async::WaitList sooner_;
    async::TaskGroup tasks_;  ///< last
};

}  // namespace tributary::delivery
