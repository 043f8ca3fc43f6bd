#pragma once
#include <array>
#include <chrono>
#include <cstdint>

namespace tributary::pacing {

/// Keeps repetitions from making the trouble of a partner worse: within a minute at most `share` of them for each first attempt, and kAlways in any case.
/// A value, pure: time comes as an argument.
class RetryBudget {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// A lone call to a quiet partner may be repeated.
    static constexpr unsigned kAlways = 10;
    static constexpr std::chrono::seconds kWindow{60};

    explicit RetryBudget(double share) : share_(share) {}
    /// A call was made for the first time.
    void attempted(TimePoint now) { ++slot(now).attempts; }
    /// Takes one repetition out of the budget. False: none is left.
    bool spend(TimePoint now);

private:
    static constexpr std::size_t kSlots = 6;
    struct Counts {
        std::int64_t period = 0;  // since the epoch of the clock
        std::uint32_t attempts = 0, retries = 0;
    };
    static std::int64_t period_of(TimePoint now);
    Counts& slot(TimePoint now);

    double share_;
    std::array<Counts, kSlots> slots_{};
};

}  // namespace tributary::pacing
