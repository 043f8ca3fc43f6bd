#include "orchestrator/pacing/retry_budget.hpp"

namespace tributary::pacing {

std::int64_t RetryBudget::period_of(TimePoint now) {
    return now.time_since_epoch() / (kWindow / static_cast<int>(kSlots));
}

RetryBudget::Counts& RetryBudget::slot(TimePoint now) {
    auto const period = period_of(now);
    Counts& counts = slots_[static_cast<std::size_t>(period) % kSlots];
    if (counts.period != period) counts = Counts{period, 0, 0};
    return counts;
}

bool RetryBudget::spend(TimePoint now) {
    auto const oldest = period_of(now) - static_cast<std::int64_t>(kSlots);
    std::uint64_t attempts = 0;
    std::uint64_t retries = 0;
    for (Counts const& counts : slots_) {
        if (counts.period <= oldest) continue;
        attempts += counts.attempts;
        retries += counts.retries;
    }
    bool const within = static_cast<double>(retries) < share_ * static_cast<double>(attempts);
    if (retries >= kAlways && !within) return false;
    ++slot(now).retries;
    return true;
}

}  // namespace tributary::pacing
