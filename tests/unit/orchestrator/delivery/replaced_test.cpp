#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

struct Replaced : VirtualDelivery {
    /// As an update whose answer its app has not got yet: it is stored, and nobody has told who delivers.
    void replace_behind(std::string const& id) {
        cache::ReplaceSubscription update;
        update.id = id;
        update.resource = written(topic);
        update.status = Status::requested;
        update.now = clock.utc_now();
        auto go = [&]() -> async::awaitable<void> {
            cache::good(co_await storage->replace_subscription(std::move(update)));
        };
        run(go());
    }
    /// As an update by its app that names another endpoint.
    void move(std::string const& id, std::string const& host) {
        topic.endpoint = "https://" + host + "/hook";
        replace(id, Status::requested);
        pass(1s);
    }
};

}  // namespace

TEST_CASE(
    "a Subscription that is changed while an Event waits for its retry goes on at once", "[delivery][T11]"
) {
    Replaced fixture;
    fixture.subscribe("s1", "one");
    fixture.endpoints.answers("one", 500);
    fixture.happen({"a"});
    fixture.pass(1s);
    fixture.move("s1", "two");
    CHECK(fixture.told("two") == Texts{"handshake 1 requested", "event-notification 1"});
    CHECK(fixture.record("s1").status == Status::active);
}

TEST_CASE(
    "a Subscription that is changed while its handshake waits for its retry is shaken hands with at once",
    "[delivery][T11]"
) {
    Replaced fixture;
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one", Status::requested);
    fixture.pass(500ms);
    REQUIRE(fixture.record("s1").status == Status::requested);
    fixture.move("s1", "two");
    CHECK(fixture.told("two") == Texts{"handshake 0 requested"});
    CHECK(fixture.record("s1").status == Status::active);
}

TEST_CASE("what the old endpoint answers decides nothing about the new one", "[delivery][C1][T11]") {
    unsigned answer = 200;
    SECTION("consent") { answer = 200; }
    SECTION("a refusal") { answer = 403; }
    SECTION("the end") { answer = 410; }
    Replaced fixture;
    fixture.endpoints.answers("one", answer);
    fixture.endpoints.answers("two", 503);
    fixture.topic.endpoint = "https://one/hook";
    fixture.create("s1", fixture.topic, Status::requested);
    fixture.deliveries->wake({"s1"});
    fixture.pass(0ms);
    REQUIRE(fixture.told("one").size() == 1);
    fixture.topic.endpoint = "https://two/hook";
    fixture.replace_behind("s1");  // stored while "one" is being asked
    fixture.pass(2s);
    CHECK(fixture.record("s1").status == Status::requested);
    fixture.endpoints.answers("two", 200);
    fixture.pass(20s);
    REQUIRE_FALSE(fixture.told("two").empty());
    CHECK(fixture.told("two").back() == "handshake 0 requested");
    CHECK(fixture.record("s1").status == Status::active);
}

}  // namespace tributary::delivery
