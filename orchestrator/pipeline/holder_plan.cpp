#include "orchestrator/pipeline/holder_plan.hpp"

#include <utility>

#include "orchestrator/pacing/retry.hpp"

namespace tributary::pipeline {

namespace {

bool is_gone(Failure const& why) { return why.http_status() == 404 || why.http_status() == 410; }

}  // namespace

HolderPlan::HolderPlan(std::vector<cache::Holder> holders) : holders_(holders.size()) {
    for (auto& holder : holders) attempts_.push_back({std::move(holder)});
}

/// first: none is worth while.
HolderPlan::Look HolderPlan::next_look(Failure const& why) {
    if (is_gone(why)) return Look::reread;
    if (why.errc() == Errc::conflict) return Look::last_look;
    return pacing::classify(why).retryable ? Look::second : Look::first;
}

HolderPlan::Next HolderPlan::failed(Failure const& why) {
    if (attempts_.size() > 1) return Next::elsewhere;
    auto& attempt = attempts_.front();
    auto const look = next_look(why);
    if (look == Look::second) {
        attempt.repeated = true;
        return Next::repeat;
    }
    bool const deeper = !attempt.final && attempt.look == Look::first && look != Look::first;
    if (!deeper) return Next::elsewhere;
    attempt.look = look;
    return Next::there;
}

void HolderPlan::ended(Failure const& why) {
    auto attempt = std::move(attempts_.front());
    attempts_.pop_front();
    auto const look = next_look(why);
    bool const again =
        !attempt.final && !attempt.repeated && attempt.look == Look::first && look != Look::first;
    if (is_gone(why) && !again) ++gone_;
    if (!again) return;
    attempt.look = look;
    attempts_.push_back(std::move(attempt));
}

}  // namespace tributary::pipeline
