#pragma once
#include <chrono>
#include <cstddef>

namespace tributary::pacing {

/// Spaces requests evenly: at most `per_second`, no bursts. A Step starts when it has a turn, and its first request goes out on that; each further
/// request takes a turn of its own. Where both wait, turns alternate: a Step of many requests does not hold up the start of others, nor many Steps
/// the end of one. A value, pure.
class RateLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// 0: no limit.
    explicit RateLimit(double per_second);
    bool limited() const { return interval_.count() > 0; }

    /// When the next Step may start; in the past: now.
    TimePoint next_step() const { return next(Turn::step, requests_waiting_ > 0); }
    /// A Step is due, and nothing but its turn is wanting.
    void step_waits(bool waits) { step_waits_ = waits; }
    void step_started(TimePoint now);

    /// When the next request may be sent; in the past: now.
    TimePoint next_request() const {
        return turn_unused_ ? TimePoint::min() : next(Turn::request, step_waits_);
    }
    /// A Step has started, and nothing was sent since.
    bool turn_unused() const { return turn_unused_; }
    void request_waits() { ++requests_waiting_; }
    void request_waits_no_more() { --requests_waiting_; }
    void request_sent(TimePoint now);

private:
    enum class Turn { step, request };
    TimePoint next(Turn whose, bool other_waits) const;
    void take(Turn whose, TimePoint now);

    std::chrono::steady_clock::duration interval_{0};
    TimePoint next_ = TimePoint::min();
    Turn last_ = Turn::request;
    bool turn_unused_ = false;
    bool step_waits_ = false;
    std::size_t requests_waiting_ = 0;
};

}  // namespace tributary::pacing
