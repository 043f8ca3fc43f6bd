#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

subscriptions::Rules with_notices() {
    subscriptions::Rules rules;
    rules.deactivation_notice = true;
    return rules;
}

struct Leaving : VirtualDelivery {
    explicit Leaving(subscriptions::Rules wanted = with_notices()) : VirtualDelivery(std::move(wanted)) {}
    void remove(std::string const& id) {
        auto go = [&]() -> async::awaitable<void> {
            auto const version = std::optional<std::uint64_t>();
            auto const now = clock.utc_now();
            cache::good(co_await storage->delete_subscription(std::string(), id, version, now));
        };
        run(go());
    }
    void turn_off(std::string const& id) {
        change(id, Status::off);
        deliveries->deactivate(id);
        wake(id);
        pass(1s);
    }
};

std::string const kNotice = "event-notification 1 off";

}  // namespace

TEST_CASE("who is turned off is told once, and hears nothing more", "[delivery][C4][E5]") {
    Leaving fixture;
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(1s);
    fixture.turn_off("s1");
    CHECK(fixture.told("one") == Texts{"event-notification 1", kNotice});
    fixture.happen({"b"});
    fixture.restart();
    fixture.pass(10min);
    CHECK(fixture.told("one").size() == 2);
    CHECK_FALSE(fixture.record("s1").notice);
}

TEST_CASE("who is turned off while an Event waits for its retry is told as well", "[delivery][C4][E5]") {
    Leaving fixture;
    fixture.subscribe("s1", "one");
    fixture.endpoints.answers("one", 500);
    fixture.happen({"a"});
    fixture.pass(1s);
    fixture.endpoints.answers("one", 200);
    fixture.turn_off("s1");
    CHECK(fixture.told("one").back() == kNotice);
}

TEST_CASE("who is deleted is told once, and nothing of it is kept then", "[delivery][C.4.7]") {
    Leaving fixture;
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(1s);
    SECTION("at once") {
        fixture.remove("s1");
        fixture.deliveries->deactivate("s1");
        fixture.wake("s1");
    }
    SECTION("after the next start, where the process ended meanwhile") {
        fixture.remove("s1");
        fixture.restart();
    }
    fixture.pass(1s);
    CHECK(fixture.told("one") == Texts{"event-notification 1", kNotice});
    fixture.restart();
    fixture.pass(10min);
    CHECK(fixture.told("one").size() == 2);
    auto const left = fixture.record("s1");
    CHECK_FALSE(left.notice);
    CHECK(left.resource.empty());
}

TEST_CASE("nobody is told who did not ask for it", "[delivery][C4][E5]") {
    Leaving fixture{subscriptions::Rules()};
    fixture.subscribe("s1", "one");
    fixture.turn_off("s1");
    CHECK(fixture.told("one").empty());
}

TEST_CASE("at its end, and after too long in error, a Subscription says good-bye", "[delivery][C4]") {
    Leaving fixture;
    fixture.settings.rules.off_after = 20min;
    fixture.restart();
    fixture.topic.end = "2000-01-01T00:00:00Z";
    fixture.subscribe("s1", "one");
    fixture.topic.end = {};
    fixture.endpoints.answers("two", 500);
    fixture.subscribe("s2", "two");
    fixture.happen({"a"});
    fixture.pass(30min);
    CHECK(fixture.told("one") == Texts{kNotice});
    REQUIRE(fixture.record("s2").status == Status::error);
    fixture.endpoints.answers("two", 200);
    fixture.pass(10min);
    CHECK(fixture.record("s2").status == Status::off);
    CHECK(fixture.told("two").back() == kNotice);
}

TEST_CASE(
    "a good-bye that is not taken is tried a few times, through a restart, and dropped", "[delivery][C4]"
) {
    Leaving fixture;
    fixture.subscribe("s1", "one");
    fixture.endpoints.answers("one", 503);
    fixture.change("s1", Status::off);
    fixture.restart();
    fixture.pass(10min);
    CHECK(fixture.told("one").size() == 5);
    fixture.restart();
    fixture.pass(10min);
    CHECK(fixture.told("one").size() == 5);
}

TEST_CASE("an endpoint that is gone is told nothing", "[delivery][C4]") {
    Leaving fixture;
    fixture.subscribe("s1", "one");
    fixture.endpoints.answers("one", 410);
    fixture.happen({"a"});
    fixture.pass(10min);
    CHECK(fixture.record("s1").status == Status::off);
    CHECK(fixture.told("one").size() == 1);
}

}  // namespace tributary::delivery
