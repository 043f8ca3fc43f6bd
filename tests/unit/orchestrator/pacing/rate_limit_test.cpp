#include "orchestrator/pacing/rate_limit.hpp"

#include "tests/support/catch.hpp"

namespace tributary::pacing {

using namespace std::chrono_literals;

TEST_CASE("calls are spaced so that no second sees more than the rate", "[pacing]") {
    RateLimit limit(4);
    RateLimit::TimePoint const now{};
    CHECK(limit.next() <= now);
    limit.started(now);
    CHECK(limit.next() == now + 250ms);
    limit.started(now + 10s);
    CHECK(limit.next() == now + 10s + 250ms);
}

TEST_CASE("a rate of zero is none", "[pacing]") {
    RateLimit limit(0);
    limit.started(RateLimit::TimePoint{} + 1h);
    CHECK(limit.next() == RateLimit::TimePoint::min());
}

}  // namespace tributary::pacing
