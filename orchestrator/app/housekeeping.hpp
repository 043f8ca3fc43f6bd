#pragma once
#include <chrono>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/config/config.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::app {

using boost::asio::awaitable;

/// Removes what the retention settings let go, in small slices so that nobody waits for it. Owner: app. Thread: the loop.
class Housekeeping {
public:
    Housekeeping(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        storage::Storage& storage,
        config::Cache settings,
        Logger logger
    );
    void start();
    void cancel() { tasks_.cancel(); }
    awaitable<void> stop() { return tasks_.join(); }

private:
    awaitable<void> run();
    awaitable<void> sweep();
    awaitable<void> compare_files();

    async::Clock& clock_;
    storage::Storage& storage_;
    config::Cache settings_;
    Logger logger_;
    std::optional<async::Clock::TimePoint> compared_;  ///< the two files, with each other
    async::TaskGroup tasks_;                           // last
};

}  // namespace tributary::app
