#pragma once
#include <csignal>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "tests/support/catch.hpp"

namespace tributary::async {

using namespace std::chrono_literals;
using asio::use_awaitable;

/// One coroutine under test with the means to cancel it and to see how it ended.
class Root {
public:
    explicit Root(asio::io_context& ctx) : ctx_(ctx) {}
    void start(awaitable<void> task) {
        auto on_end = [this](std::exception_ptr e) {
            finished_ = true;
            error_ = std::move(e);
        };
        asio::co_spawn(
            ctx_, std::move(task), asio::bind_cancellation_slot(signal_.slot(), std::move(on_end))
        );
    }
    void cancel(asio::cancellation_type how = asio::cancellation_type::terminal) {
        asio::post(ctx_, [this, how] { signal_.emit(how); });
    }
    bool succeeded() const { return finished_ && !error_; }
    bool cancelled() const { return finished_ && is_cancellation(error_); }
    std::string what() const {
        if (!finished_) return "not finished";
        try {
            if (error_) std::rethrow_exception(error_);
        } catch (const std::exception& e) {
            return e.what();
        }
        return {};
    }
    bool finished() const { return finished_; }

private:
    asio::io_context& ctx_;
    asio::cancellation_signal signal_;
    bool finished_ = false;
    std::exception_ptr error_;
};

/// What was told to on_failure, as "name: what".
struct Failures {
    TaskGroup::FailureHandler handler() {
        return [this](std::string_view name, std::exception_ptr e) {
            try {
                std::rethrow_exception(e);
            } catch (const std::exception& x) {
                seen_.push_back(std::string(name) + ": " + x.what());
            }
        };
    }
    std::vector<std::string> seen_;
};

inline void must(bool spawned) { REQUIRE(spawned); }

inline awaitable<void> pause(Clock& clock, Clock::Duration d, int* done = nullptr) {
    co_await clock.sleep_for(d);
    if (done != nullptr) ++*done;
}

inline awaitable<void> fail_after(Clock& clock, Clock::Duration d, std::string what) {
    if (d > 0ms) co_await clock.sleep_for(d);
    throw std::runtime_error(what);
}

/// True if fn ends the process with SIGABRT.
inline bool aborts(const std::function<void()>& fn) {
    pid_t const child = ::fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        ::close(STDERR_FILENO);
        fn();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

struct Fixture {
    asio::io_context ctx{1};
    ManualClock clock;
    Root root{ctx};
    Failures failures;

    void settle() { clock.advance(ctx, 0ms); }
    Clock::Duration elapsed() const { return clock.now().time_since_epoch(); }
};

}  // namespace tributary::async
