#pragma once
#include <chrono>
#include <functional>
#include <map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace boost::asio {
class io_context;
}

namespace tributary::async {

namespace asio = boost::asio;
using asio::awaitable;

/// The only source of time. Owned by main (or by the test) and injected as Clock&; outlives every coroutine that uses it.
/// Thread: the loop thread; now() and utc_now() from any thread for SystemClock only.
class Clock {
public:
    using Duration = std::chrono::steady_clock::duration;
    using TimePoint = std::chrono::steady_clock::time_point;

    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    virtual TimePoint now() const = 0;
    /// Wall time, for what is written down (lastUpdated, timestamp); never for measuring a wait.
    virtual std::chrono::system_clock::time_point utc_now() const = 0;

    /// Suspends at least once, even for a time in the past.
    /// Deadline: `when`. Cancellation: terminal; throws operation_aborted, nothing is left behind. Errors: none.
    virtual awaitable<void> sleep_until(TimePoint when) = 0;
    awaitable<void> sleep_for(Duration d) { return sleep_until(now() + d); }

protected:
    Clock() = default;
};

class SystemClock final : public Clock {
public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
    std::chrono::system_clock::time_point utc_now() const override {
        return std::chrono::system_clock::now();
    }
    awaitable<void> sleep_until(TimePoint when) override;
};

/// Virtual time for tests: moves only in advance(). Must not be destroyed while a coroutine sleeps on it (aborts).
class ManualClock final : public Clock {
public:
    explicit ManualClock(std::chrono::system_clock::time_point utc = {}) : utc_(utc) {}
    ~ManualClock() override;

    TimePoint now() const override { return now_; }
    std::chrono::system_clock::time_point utc_now() const override;
    awaitable<void> sleep_until(TimePoint when) override;

    /// Runs ctx until nothing is ready, then moves from due time to due time, running ctx at each, until d has passed.
    /// Equal due times wake in the order in which the sleeps began. Waits for no socket and no other thread.
    void advance(asio::io_context& ctx, Duration d);
    std::size_t sleepers() const { return sleepers_.size(); }
    /// While it says true, time stands still: something outside the loop (a storage thread) still owes an answer.
    void wait_while(std::function<bool()> busy) { busy_ = std::move(busy); }

private:
    struct Sleeper;
    using Sleepers = std::multimap<TimePoint, Sleeper*>;

    TimePoint now_{};
    std::chrono::system_clock::time_point utc_;
    Sleepers sleepers_;
    std::function<bool()> busy_;
};

}  // namespace tributary::async
