#pragma once
#include <algorithm>
#include <cstdint>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/jitter.hpp"

namespace tributary::async {

/// Exponential backoff with full jitter: the n-th wait is uniform in [0, min(cap, base * 2^n)].
/// A value of 32 bytes, one per retried thing; the same seed gives the same waits. Thread: its owner's.
class Backoff {
public:
    /// base > 0, cap >= base.
    Backoff(Clock::Duration base, Clock::Duration cap, std::uint64_t seed)
        : base_(base), cap_(cap), ceiling_(base), jitter_(seed) {}

    Clock::Duration next() {
        auto const range = static_cast<std::uint64_t>(ceiling_.count());
        ceiling_ = ceiling_ > cap_ / 2 ? cap_ : ceiling_ * 2;
        return Clock::Duration(static_cast<Clock::Duration::rep>(jitter_.next() % (range + 1)));
    }

private:
    Clock::Duration base_;
    Clock::Duration cap_;
    Clock::Duration ceiling_;
    Jitter jitter_;
};

}  // namespace tributary::async
