#include "orchestrator/pacing/circuit_breaker.hpp"

namespace tributary::pacing {

BreakerState CircuitBreaker::state(TimePoint now) const {
    if (!tripped_) return BreakerState::closed;
    return now < probe_at_ ? BreakerState::open : BreakerState::half_open;
}

bool CircuitBreaker::allows(TimePoint now) const {
    auto const current = state(now);
    return current == BreakerState::closed || (current == BreakerState::half_open && !probing_);
}

void CircuitBreaker::started(TimePoint now) {
    if (state(now) == BreakerState::half_open) probing_ = true;
}

bool CircuitBreaker::succeeded() {
    bool const was_tripped = tripped_;
    in_a_row_ = 0;
    tripped_ = probing_ = false;
    pause_ = first_pause_;
    return was_tripped;
}

bool CircuitBreaker::failed(TimePoint now) {
    ++in_a_row_;
    bool const opens = limit_ > 0 && in_a_row_ >= limit_ && (!tripped_ || probing_);
    if (!opens) return false;
    if (tripped_) pause_ = std::min(2 * pause_, longest_);
    tripped_ = true;
    probing_ = false;
    probe_at_ = now + pause_;
    return true;
}

}  // namespace tributary::pacing
