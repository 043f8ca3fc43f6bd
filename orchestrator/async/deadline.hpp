#pragma once
#include <algorithm>
#include <compare>

#include "orchestrator/async/clock.hpp"

namespace tributary::async {

/// A point on the injected Clock by which one call must be over. A value: copy it down the call chain, tighten it with min().
/// Give each call its own; a request and the retries that outlive it do not share one.
class Deadline {
public:
    static Deadline never() { return Deadline(Clock::TimePoint::max()); }
    static Deadline at(Clock::TimePoint when) { return Deadline(when); }
    /// Saturates: a duration too long to represent means never().
    static Deadline after(const Clock& clock, Clock::Duration d) {
        auto const now = clock.now();
        return d > Clock::TimePoint::max() - now ? never() : Deadline(now + d);
    }

    Deadline min(Deadline other) const { return Deadline(std::min(when_, other.when_)); }
    Clock::TimePoint when() const { return when_; }
    bool is_never() const { return when_ == Clock::TimePoint::max(); }
    bool expired(const Clock& clock) const { return when_ <= clock.now(); }
    /// Zero once expired.
    Clock::Duration remaining(const Clock& clock) const {
        return std::max(when_ - clock.now(), Clock::Duration::zero());
    }
    friend auto operator<=>(Deadline, Deadline) = default;

private:
    explicit Deadline(Clock::TimePoint when) : when_(when) {}
    Clock::TimePoint when_;
};

}  // namespace tributary::async
