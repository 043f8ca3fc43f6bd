#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

#include "fhir/base/failure.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

/// [delivery] of the configuration, as far as decisions go.
struct DeliveryRules {
    unsigned handshake_retries = 4;
    std::chrono::milliseconds handshake_within = std::chrono::minutes(1);  ///< all attempts together
    std::chrono::milliseconds retry_for = std::chrono::minutes(15);
    std::chrono::milliseconds off_after = std::chrono::hours(24 * 7);
};

/// How one attempt ended: a status, or a Failure without one (no answer).
struct AttemptOutcome {
    unsigned status = 0;  ///< 0: no answer
    Errc errc = Errc::timeout;
    std::chrono::seconds retry_after{0};
    bool attempted = true;  ///< false: nothing was sent, as the endpoint is tried by others in its turn
    bool delivered() const { return status >= 200 && status < 300; }
};

struct Decision {
    enum class Action { delivered, retry, error, off } action = Action::delivered;
    std::chrono::milliseconds wait{0};  ///< before a retry, already jittered
    std::string_view error_code = {};   ///< of subscription-error, for error and off
};

/// Source: subscriptions C2: retries at 0.25, 1, 4, 15 s for what may pass, error at once for other 4xx and 3xx, off for 410. `attempt` counts from 0;
/// `tried_for`: since the first attempt began; no retry begins after handshake_within.
Decision decide_handshake(
    DeliveryRules const& rules,
    unsigned attempt,
    std::chrono::milliseconds tried_for,
    AttemptOutcome const& outcome
);

/// Source: subscriptions C3, E5. `tried_for`: since the first attempt of this Event; `random`: for the jitter. A classic Subscription in error is tried
/// on, at most 60 s apart, and recovers by itself; a topic one stops, and a heartbeat that fails then is not repeated. 410: off. 429 and 503 with Retry-After: honoured, capped at retry_for.
Decision decide_event(
    DeliveryRules const& rules,
    Kind kind,
    Status status,
    unsigned attempt,
    std::chrono::milliseconds tried_for,
    AttemptOutcome const& outcome,
    std::uint64_t random
);

/// Is the receiver told when the Subscription is off? Source: subscriptions C4, E5.
bool tells_of_deactivation(Plan const& plan, Rules const& rules);

/// The code of subscription-error for an attempt that failed.
std::string_view error_code(AttemptOutcome const& outcome);
/// Words for Subscription.error: short, no URL, no header, no body. `status`: of the answer, where there was one.
std::string error_text(std::string_view error_code, unsigned status);

}  // namespace tributary::subscriptions
