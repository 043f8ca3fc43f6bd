#pragma once
#include <chrono>

namespace tributary::pacing {

/// Spaces calls evenly: at most `per_second`, no bursts. A value, pure.
class RateLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// 0: no limit.
    explicit RateLimit(double per_second);
    /// When the next call may start; in the past: now.
    TimePoint next() const { return next_; }
    void started(TimePoint now);

private:
    std::chrono::steady_clock::duration interval_{0};
    TimePoint next_ = TimePoint::min();
};

}  // namespace tributary::pacing
