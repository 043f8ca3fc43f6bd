#pragma once
#include <algorithm>
#include <chrono>

namespace tributary::pacing {

enum class BreakerState { closed, open, half_open };

/// Stops asking a partner that failed `failures` times in a row. After `pause` it is half open: one call is a probe, whose success closes it and whose
/// failure opens it again, for longer each time up to `longest`. A value, pure: time comes as an argument.
class CircuitBreaker {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// failures 0: never opens. Without `longest` every pause is the same.
    CircuitBreaker(unsigned failures, std::chrono::milliseconds pause, std::chrono::milliseconds longest = {})
        : limit_(failures), first_pause_(pause), longest_(std::max(pause, longest)), pause_(pause) {}

    BreakerState state(TimePoint now) const;
    /// A call may start now. In half_open one only, until it has succeeded or failed.
    bool allows(TimePoint now) const;
    /// A call starts.
    void started(TimePoint now);
    /// The partner answered. True: the breaker was not closed, and is now.
    bool succeeded();
    /// The partner failed. True: the breaker has just opened.
    bool failed(TimePoint now);
    /// A call ended without telling anything about the partner (cancelled): a probe may be made again.
    void abandoned() { probing_ = false; }
    /// When a probe may be made. Meaningful while not closed.
    TimePoint probe_at() const { return probe_at_; }
    /// Nothing has failed since the last success.
    bool clean() const { return in_a_row_ == 0; }

private:
    unsigned limit_;
    std::chrono::milliseconds first_pause_, longest_, pause_;
    unsigned in_a_row_ = 0;
    bool tripped_ = false;
    bool probing_ = false;
    TimePoint probe_at_{};
};

}  // namespace tributary::pacing
