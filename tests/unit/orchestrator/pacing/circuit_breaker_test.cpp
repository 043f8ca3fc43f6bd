#include "orchestrator/pacing/circuit_breaker.hpp"

#include "tests/support/catch.hpp"

namespace tributary::pacing {

using namespace std::chrono_literals;

namespace {

struct BreakerFixture {
    CircuitBreaker breaker{3, 60s};
    CircuitBreaker::TimePoint now{};
    void trip() {
        for (int i = 0; i < 3; ++i) (void)breaker.failed(now);
    }
};

}  // namespace

TEST_CASE_METHOD(BreakerFixture, "a breaker opens at the given number of failures in a row", "[pacing]") {
    CHECK_FALSE(breaker.failed(now));
    CHECK_FALSE(breaker.failed(now));
    SECTION("and not before") { CHECK(breaker.allows(now)); }
    SECTION("which a success interrupts") {
        CHECK_FALSE(breaker.succeeded());
        CHECK_FALSE(breaker.failed(now));
        CHECK(breaker.allows(now));
    }
    SECTION("and then allows nothing until its pause is over") {
        CHECK(breaker.failed(now));
        CHECK_FALSE(breaker.allows(now + 59s));
        CHECK(breaker.state(now + 59s) == BreakerState::open);
        CHECK(breaker.allows(now + 60s));
    }
}

TEST_CASE_METHOD(BreakerFixture, "a half-open breaker lets one probe through", "[pacing]") {
    trip();
    now += 60s;
    REQUIRE(breaker.state(now) == BreakerState::half_open);
    breaker.started(now);
    CHECK_FALSE(breaker.allows(now));
    SECTION("whose success closes it") {
        CHECK(breaker.succeeded());
        CHECK(breaker.state(now) == BreakerState::closed);
        CHECK(breaker.allows(now));
    }
    SECTION("whose failure opens it for another pause") {
        CHECK(breaker.failed(now));
        CHECK_FALSE(breaker.allows(now + 59s));
        CHECK(breaker.allows(now + 60s));
    }
    SECTION("and another one when the first was cancelled") {
        breaker.abandoned();
        CHECK(breaker.allows(now));
    }
}

TEST_CASE_METHOD(
    BreakerFixture, "calls that were under way when a breaker opened do not put its probe off", "[pacing]"
) {
    trip();
    CHECK_FALSE(breaker.failed(now + 30s));
    CHECK(breaker.allows(now + 60s));
}

TEST_CASE("a breaker of zero failures never opens", "[pacing]") {
    CircuitBreaker breaker(0, 60s);
    for (int i = 0; i < 100; ++i) CHECK_FALSE(breaker.failed({}));
    CHECK(breaker.allows({}));
}

TEST_CASE("a pause grows with every probe that fails, and is short again after a success", "[pacing]") {
    CircuitBreaker breaker{1, 5s, 15s};
    CircuitBreaker::TimePoint now{};
    for (auto const pause : {5s, 10s, 15s, 15s}) {
        breaker.started(now);
        CHECK(breaker.failed(now));
        CHECK_FALSE(breaker.allows(now + pause - 1s));
        now += pause;
        CHECK(breaker.allows(now));
    }
    CHECK_FALSE(breaker.clean());
    CHECK(breaker.succeeded());
    CHECK(breaker.clean());
    CHECK(breaker.failed(now));
    CHECK(breaker.allows(now + 5s));
}

}  // namespace tributary::pacing
