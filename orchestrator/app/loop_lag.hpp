#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"

namespace tributary::app {

using boost::asio::awaitable;

/// Measures how late the loop is: twenty times a second, how long after its time a timer is served (tributary_loop_lag_seconds). What stays under 2 ms is as
/// it should be. Owner: app. Thread: the loop.
class LoopLag {
public:
    LoopLag(boost::asio::any_io_executor ex, async::Clock& clock, Logger logger, Metrics& metrics);
    void start();
    void cancel() { tasks_.cancel(); }
    awaitable<void> stop() { return tasks_.join(); }

private:
    awaitable<void> measure();

    async::Clock& clock_;
    Metrics::Histogram& lag_;
    async::TaskGroup tasks_;  // last
};

}  // namespace tributary::app
