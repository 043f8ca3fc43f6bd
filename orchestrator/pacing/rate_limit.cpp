#include "orchestrator/pacing/rate_limit.hpp"

namespace tributary::pacing {

RateLimit::RateLimit(double per_second) {
    if (per_second <= 0) return;
    interval_ = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(1 / per_second)
    );
}

RateLimit::TimePoint RateLimit::next(Turn whose, bool other_waits) const {
    return other_waits && last_ == whose ? next_ + interval_ : next_;
}

void RateLimit::take(Turn whose, TimePoint now) {
    if (!limited()) return;
    next_ = now + interval_;
    last_ = whose;
}

void RateLimit::step_started(TimePoint now) {
    take(Turn::step, now);
    turn_unused_ = limited();
    step_waits_ = false;
}

void RateLimit::request_sent(TimePoint now) {
    take(turn_unused_ ? Turn::step : Turn::request, now);
    turn_unused_ = false;
}

}  // namespace tributary::pacing
