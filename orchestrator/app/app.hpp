#pragma once
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/config/config.hpp"

namespace tributary::app {

using boost::asio::awaitable;

/// The whole server put together: who owns whom, who is told what, in which order it starts and stops. Owner: the command `serve`. Thread: the loop.
class App {
public:
    /// Blocks: opens the cache and binds both listeners. Errors: storage, connect, tls, each with what to do.
    static Result<std::unique_ptr<App>> open(
        boost::asio::any_io_executor ex, async::Clock& clock, config::Config config, Logger logger
    );
    ~App();

    /// Resumes what a stop or a crash left unfinished, then accepts connections. Deadline: none. Errors: storage.
    awaitable<Result<void>> start();
    /// Precondition: start() succeeded.
    std::string ready_line() const;

    /// Discoveries end at once; requests and deliveries drain until the deadline, then everything is cancelled and awaited. Source: architecture 4.
    awaitable<void> stop(async::Deadline deadline);

private:
    struct Impl;
    explicit App(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::app
