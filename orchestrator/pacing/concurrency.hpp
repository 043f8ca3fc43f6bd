#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>

namespace tributary::pacing {

/// How many calls a partner is made at once: as many as are configured, and fewer once it has answered 429, for its word outweighs ours. Halved by a
/// 429, once for all that come together; one more after every so many answers without any. Thread: one at a time.
class Concurrency {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Concurrency(std::size_t most) : most_(most), allowed_(most) {}

    std::size_t allowed() const { return allowed_; }
    void refused(TimePoint now) {
        answers_ = 0;
        if (now - kTogether < narrowed_) return;
        narrowed_ = now;
        allowed_ = std::max<std::size_t>(1, allowed_ / 2);
    }
    void answered() {
        if (allowed_ == most_ || ++answers_ < kSteady) return;
        answers_ = 0;
        ++allowed_;
    }

private:
    static constexpr std::size_t kSteady = 32;
    static constexpr std::chrono::seconds kTogether{1};

    std::size_t most_, allowed_;
    std::size_t answers_ = 0;
    TimePoint narrowed_ = TimePoint::min();
};

}  // namespace tributary::pacing
