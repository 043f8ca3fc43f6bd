#pragma once
#include <algorithm>
#include <cstdint>

#include "orchestrator/async/clock.hpp"

namespace tributary::async {

/// Exponential backoff with full jitter: the n-th wait is uniform in [0, min(cap, base * 2^n)].
/// A value of 32 bytes, one per retried thing; the same seed gives the same waits. Thread: its owner's.
class Backoff {
public:
    /// base > 0, cap >= base.
    Backoff(Clock::Duration base, Clock::Duration cap, std::uint64_t seed)
        : base_(base), cap_(cap), ceiling_(base), state_(seed) {}

    Clock::Duration next() {
        auto const range = static_cast<std::uint64_t>(ceiling_.count());
        ceiling_ = ceiling_ > cap_ / 2 ? cap_ : ceiling_ * 2;
        return Clock::Duration(static_cast<Clock::Duration::rep>(random() % (range + 1)));
    }
    /// After a success: the next wait starts from base again.
    void reset() { ceiling_ = base_; }
    /// Upper bound of the next wait.
    Clock::Duration ceiling() const { return ceiling_; }

private:
    std::uint64_t random() {  // splitmix64
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    Clock::Duration base_;
    Clock::Duration cap_;
    Clock::Duration ceiling_;
    std::uint64_t state_;
};

}  // namespace tributary::async
