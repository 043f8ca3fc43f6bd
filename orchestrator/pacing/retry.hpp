#pragma once
#include <chrono>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary::pacing {

/// What follows from a failed call to a partner.
struct FailureClass {
    bool retryable = false;         ///< the same call may succeed in a few seconds
    bool may_pass = false;          ///< not for ever: what it stood for is owed
    bool partner_failed = false;    ///< counts for the circuit breaker
    bool partner_answered = false;  ///< speaks for the partner, whatever it answered
    std::string_view issue;  ///< as progress tells it: timeout, throttled, transient, forbidden, exception
};

/// Source: document-sharing B.3, I.2; architecture 5 and 7.
FailureClass classify(Failure const& failure);

/// The longest Retry-After for which a call stays queued; a partner that asks for more is owed the Exchange instead.
constexpr std::chrono::seconds kLongestRetryAfter{120};
/// The longest time for which a Retry-After stops a whole partner.
constexpr std::chrono::minutes kLongestThrottle{15};

/// The wait before attempt `attempt` (1: the first repetition): 2 s, 8 s, 30 s, each between its half and its whole as `jitter` in [0, 1] says;
/// never less than `retry_after`. Source: document-sharing I.2.
std::chrono::milliseconds retry_delay(unsigned attempt, std::chrono::seconds retry_after, double jitter);

/// The wait before an owed Exchange is run for the `run`-th time (1: the first): 30 s, doubling to 15 min.
std::chrono::seconds owed_delay(unsigned run);

}  // namespace tributary::pacing
