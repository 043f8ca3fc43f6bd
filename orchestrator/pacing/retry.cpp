#include "orchestrator/pacing/retry.hpp"

#include <algorithm>
#include <array>

namespace tributary::pacing {

namespace {

using namespace std::chrono_literals;

// retryable, may pass, partner failed, partner answered
constexpr FailureClass kTimeout{true, true, true, false, "timeout"};
constexpr FailureClass kThrottled{true, true, true, false, "throttled"};
constexpr FailureClass kTransient{true, true, true, false, "transient"};
constexpr FailureClass kNotReady{true, true, false, true, "transient"};
constexpr FailureClass kNotThere{
    false, true, false, true, "transient"
};  // worth another run, not another call
constexpr FailureClass kForbidden{false, false, false, true, "forbidden"};
constexpr FailureClass kGarbled{true, false, false, true, "exception"};  // perhaps cut short on its way
constexpr FailureClass kException{false, false, false, true, "exception"};
// Trouble of our own says nothing about the partner.
constexpr FailureClass kOurLimit{false, true, false, false, "throttled"};
constexpr FailureClass kOurTrouble{false, true, false, false, "transient"};
constexpr FailureClass kOurBug{false, false, false, false, "exception"};

FailureClass classify_status(unsigned status) {
    if (status == 408) return kTimeout;
    if (status == 429) return kThrottled;
    if (status == 401 || status == 403) return kForbidden;
    if (status == 404 || status == 410) return kNotThere;
    if (status == 202) return kNotReady;
    return status >= 500 ? kTransient : kException;
}

}  // namespace

FailureClass classify(Failure const& failure) {
    switch (failure.errc()) {
        case Errc::timeout:
            return kTimeout;
        case Errc::connect:
        case Errc::dns:
        case Errc::tls:
        case Errc::protocol:
            return kTransient;
        case Errc::throttled:
            return kOurLimit;
        case Errc::storage:
        case Errc::closed:
            return kOurTrouble;
        case Errc::bug:
        case Errc::refused_address:
            return kOurBug;
        case Errc::malformed:
            return kGarbled;
        case Errc::forbidden:
        case Errc::unauthorized:
            return kForbidden;
        case Errc::http_status:
            return classify_status(failure.http_status());
        default:
            return kException;
    }
}

std::chrono::milliseconds retry_delay(unsigned attempt, std::chrono::seconds retry_after, double jitter) {
    static constexpr std::array<std::chrono::milliseconds, 3> kSteps{2s, 8s, 30s};
    auto const longest = kSteps[std::clamp<std::size_t>(attempt, 1, kSteps.size()) - 1];
    std::chrono::duration<double, std::milli> const wait =
        longest * (0.5 + 0.5 * std::clamp(jitter, 0.0, 1.0));
    return std::max(
        std::chrono::duration_cast<std::chrono::milliseconds>(wait),
        std::chrono::duration_cast<std::chrono::milliseconds>(retry_after)
    );
}

std::chrono::seconds owed_delay(unsigned run) {
    constexpr std::chrono::seconds kFirst = 30s;
    constexpr std::chrono::seconds kCap = 15min;
    auto const doublings = std::min(std::max(run, 1U) - 1U, 5U);
    return std::min(kFirst * (1U << doublings), kCap);
}

}  // namespace tributary::pacing
