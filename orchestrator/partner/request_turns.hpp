#pragma once
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/pacing/rate_limit.hpp"

namespace tributary::partner {

/// The partner's requests_per_second, kept by every request that is sent to it: those of a Step wait here, first come, first served, and the Lane starts
/// Steps by rate(). Bounded by max_concurrent: a Step waits for one request at a time. Owner: its Lane. Thread: the loop.
class RequestTurns {
public:
    RequestTurns(async::Clock& clock, double per_second) : clock_(clock), rate_(per_second) {}

    /// Returns when one request may be sent. Deadline: bounds the wait. Cancellation: terminal; the turn is left to others.
    /// Errors: throttled (no turn comes before the deadline: told at once).
    boost::asio::awaitable<Result<void>> take(async::Deadline deadline);
    pacing::RateLimit& rate() { return rate_; }

private:
    async::Clock& clock_;
    pacing::RateLimit rate_;
    async::Semaphore line_{1};
};

}  // namespace tributary::partner
