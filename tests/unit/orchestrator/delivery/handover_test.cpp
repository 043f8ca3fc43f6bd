#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

TEST_CASE("Events that were just written are sent without another read", "[delivery][handover]") {
    VirtualDelivery fixture;
    fixture.topic.header = "Authorization: Bearer secret";
    fixture.subscribe("s1", "one");
    auto admitted = fixture.admit({"a", "b"});
    REQUIRE(admitted.fresh.size() == 1);
    auto const before = fixture.storage->in_flight();
    fixture.deliveries->wake(admitted);
    CHECK(admitted.fresh.empty());
    CHECK(fixture.storage->in_flight() == before);
    fixture.pass(1s);
    CHECK(fixture.told("one") == Texts{"event-notification 1", "event-notification 2"});
    auto const calls = fixture.endpoints.calls("one");
    REQUIRE(calls.size() == 2);
    CHECK(calls[1].headers.get("Authorization") == "Bearer secret");
    CHECK(fixture.record("s1").delivered == 2);
}

TEST_CASE("what is handed over twice, or after it was sent, is sent once", "[delivery][handover]") {
    VirtualDelivery fixture;
    fixture.subscribe("s1", "one");
    auto admitted = fixture.admit({"a"});
    auto again = admitted;
    fixture.deliveries->wake(admitted);
    fixture.deliveries->wake(again);  // a worker is at it already: it looks for itself
    fixture.pass(1s);
    CHECK(fixture.told("one") == Texts{"event-notification 1"});
}

TEST_CASE(
    "Events handed over meanwhile follow those that wait for a retry, in order", "[delivery][handover]"
) {
    VirtualDelivery fixture;
    fixture.endpoints.answers("one", 503);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(10ms);
    REQUIRE(fixture.told("one") == Texts{"event-notification 1"});
    fixture.happen({"b"});
    fixture.endpoints.answers("one", 200);
    fixture.pass(1min);
    CHECK(
        fixture.told("one") == Texts{"event-notification 1", "event-notification 1", "event-notification 2"}
    );
    CHECK(fixture.record("s1").delivered == 2);
}

TEST_CASE("one that has ended meanwhile is sent nothing of what was handed over", "[delivery][handover]") {
    VirtualDelivery fixture;
    fixture.topic.end = "2020-01-01T00:00:00Z";
    fixture.subscribe("s1", "one");
    auto admitted = fixture.admit({"a"});
    REQUIRE(admitted.fresh.size() == 1);
    fixture.deliveries->wake(admitted);
    fixture.pass(0ms);
    CHECK(fixture.told("one").empty());
}

}  // namespace tributary::delivery
