#include "orchestrator/async/clock.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/fatal.hpp"

namespace tributary::async {

using asio::use_awaitable;

awaitable<void> SystemClock::sleep_until(TimePoint when) {
    auto ex = co_await asio::this_coro::executor;
    asio::steady_timer timer(ex, when);
    co_await timer.async_wait(use_awaitable);
}

struct ManualClock::Sleeper {
    Sleeper(ManualClock& clock, const asio::any_io_executor& ex, TimePoint when)
        : clock_(clock),
          timer_(ex, asio::steady_timer::time_point::max()),
          position_(clock.sleepers_.emplace(when, this)) {}
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() {
        if (!due_) clock_.sleepers_.erase(position_);
    }
    void wake() {
        due_ = true;
        clock_.sleepers_.erase(position_);
        timer_.cancel();
    }

    ManualClock& clock_;
    asio::steady_timer timer_;
    Sleepers::iterator position_;
    bool due_ = false;
};

ManualClock::~ManualClock() {
    if (!sleepers_.empty()) fatal("ManualClock destroyed while coroutines sleep on it");
}

std::chrono::system_clock::time_point ManualClock::utc_now() const {
    return utc_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now_.time_since_epoch());
}

awaitable<void> ManualClock::sleep_until(TimePoint when) {
    auto ex = co_await asio::this_coro::executor;
    if (when <= now_) {
        co_await asio::post(ex, use_awaitable);
        co_return;
    }
    Sleeper sleeper(*this, ex, when);
    boost::system::error_code code;
    co_await sleeper.timer_.async_wait(asio::redirect_error(use_awaitable, code));
    if (!sleeper.due_) throw boost::system::system_error(asio::error::operation_aborted);
}

void ManualClock::advance(asio::io_context& ctx, Duration d) {
    auto const settle = [&] {
        do {
            ctx.restart();
            ctx.poll();
        } while (busy_ && busy_());
    };
    auto const target = now_ + d;
    settle();
    while (!sleepers_.empty() && sleepers_.begin()->first <= target) {
        now_ = std::max(now_, sleepers_.begin()->first);
        while (!sleepers_.empty() && sleepers_.begin()->first <= now_) sleepers_.begin()->second->wake();
        settle();
    }
    now_ = target;
    settle();
}

}  // namespace tributary::async
