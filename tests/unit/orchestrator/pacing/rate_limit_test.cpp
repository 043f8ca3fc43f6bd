#include "orchestrator/pacing/rate_limit.hpp"

#include "tests/support/catch.hpp"

namespace tributary::pacing {

using namespace std::chrono_literals;

namespace {

constexpr RateLimit::TimePoint kNow{};

}  // namespace

TEST_CASE("calls are spaced so that no second sees more than the rate", "[pacing]") {
    RateLimit limit(4);
    CHECK(limit.next_step() <= kNow);
    limit.step_started(kNow);
    CHECK(limit.next_step() == kNow + 250ms);
    limit.step_started(kNow + 10s);
    CHECK(limit.next_step() == kNow + 10s + 250ms);
}

TEST_CASE("a rate of zero is none", "[pacing]") {
    RateLimit limit(0);
    CHECK_FALSE(limit.limited());
    limit.step_started(kNow + 1h);
    limit.request_sent(kNow + 1h);
    CHECK(limit.next_step() == RateLimit::TimePoint::min());
    CHECK(limit.next_request() == RateLimit::TimePoint::min());
}

TEST_CASE("the first request of a Step goes out on its turn, each other one takes its own", "[pacing]") {
    RateLimit limit(4);
    limit.step_started(kNow);
    CHECK(limit.next_request() <= kNow);
    limit.request_sent(kNow + 10ms);
    CHECK(limit.next_request() == kNow + 260ms);
    CHECK(limit.next_step() == kNow + 260ms);
    limit.request_sent(kNow + 260ms);
    CHECK(limit.next_step() == kNow + 510ms);
}

TEST_CASE("a Step and a request that wait take turns", "[pacing]") {
    RateLimit limit(4);
    limit.request_waits();
    limit.step_waits(true);
    limit.request_sent(kNow);
    CHECK(limit.next_step() == kNow + 250ms);
    CHECK(limit.next_request() == kNow + 500ms);
    limit.step_started(kNow + 250ms);
    limit.request_sent(kNow + 250ms);
    limit.step_waits(true);
    CHECK(limit.next_request() == kNow + 500ms);
    CHECK(limit.next_step() == kNow + 750ms);
    limit.request_waits_no_more();
    CHECK(limit.next_step() == kNow + 500ms);
}

}  // namespace tributary::pacing
