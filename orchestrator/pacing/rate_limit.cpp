#include "orchestrator/pacing/rate_limit.hpp"

namespace tributary::pacing {

RateLimit::RateLimit(double per_second) {
    if (per_second <= 0) return;
    interval_ = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(1 / per_second)
    );
}

void RateLimit::started(TimePoint now) {
    if (interval_.count() > 0) next_ = now + interval_;
}

}  // namespace tributary::pacing
