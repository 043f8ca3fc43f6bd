#include "tests/support/catch.hpp"
#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

struct AttemptsFixture : VirtualDelivery {
    /// What $explain says of document "a".
    std::size_t attempts() {
        cache::Explanation explanation;
        run(explain(explanation));
        REQUIRE(explanation.events.size() == 1);
        return explanation.events.front().attempts;
    }

private:
    async::awaitable<void> explain(cache::Explanation& explanation) {
        explanation = cache::good(co_await storage->explain("", "s1", "p1-a"));
    }
};

}  // namespace

TEST_CASE("every attempt of an Event is counted, also across a restart", "[delivery][explain]") {
    AttemptsFixture fixture;
    fixture.endpoints.answers("one", 503);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(10s);
    auto const before = fixture.endpoints.calls("one").size();
    REQUIRE(before > 2);
    CHECK(fixture.attempts() == before);
    fixture.restart();
    fixture.pass(10s);
    REQUIRE(fixture.endpoints.calls("one").size() > before);
    CHECK(fixture.attempts() == fixture.endpoints.calls("one").size());
    fixture.endpoints.answers("one", 200);
    fixture.pass(2min);
    CHECK(fixture.record("s1").delivered == 1);
    CHECK(fixture.attempts() == fixture.endpoints.calls("one").size());
}

TEST_CASE("the attempt that ends a Subscription's delivery is counted", "[delivery][explain]") {
    AttemptsFixture fixture;
    SECTION("in error, and again once it is back") {
        fixture.settings.rules.retry_for = 1s;
        fixture.restart();
        fixture.endpoints.answers("one", 503);
        fixture.subscribe("s1", "one");
        fixture.happen({"a"});
        fixture.pass(1min);
        REQUIRE(fixture.record("s1").status == Status::error);
        CHECK(fixture.attempts() == fixture.endpoints.calls("one").size());
        fixture.endpoints.answers("one", 200);
        fixture.change("s1", Status::active);
        fixture.wake("s1");
        fixture.pass(1s);
        CHECK(fixture.attempts() == fixture.endpoints.calls("one").size());
    }
    SECTION("off") {
        fixture.endpoints.answers("one", 410);
        fixture.subscribe("s1", "one");
        fixture.happen({"a"});
        fixture.pass(1s);
        REQUIRE(fixture.record("s1").status == Status::off);
        CHECK(fixture.attempts() == 1);
    }
}

}  // namespace tributary::delivery
