#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

struct Replaced : VirtualDelivery {
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

}  // namespace tributary::delivery
