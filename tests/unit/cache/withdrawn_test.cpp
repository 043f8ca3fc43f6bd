#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

constexpr char const* kHashA = "2ef7bde608ce5404e97d5f042f95f89f1c232871";
std::string const kBytesA(64, 'a');

/// Two partners where Bob is known as Patient 1 and 2, and a Subscription for him.
struct WithdrawnFixture : StoreFixture {
    WithdrawnFixture() {
        subscribe("s1");
        match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
        match("p2", {{"2", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    }
    void delete_at(std::string const& partner, std::string const& remote_id) {
        AbsentEntry absent;
        absent.partner = partner;
        absent.remote_id = remote_id;
        absent.deleted = true;
        absent.now = at_second(9);
        commit([&](Store& s) { return s.note_absence(absent); });
    }
    Presence presence(std::string const& id) { return good(store->read_document("", id)).presence; }
    Presence binary(std::string const& id) { return good(store->content("", id)).presence; }
};

}  // namespace

TEST_CASE("a document that all its sources have deleted is gone, and its bytes with it", "[cache][B6]") {
    WithdrawnFixture fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.attach("p1-a-b0", kBytesA);
    auto const told = good(fixture.store->events("s1", 0, 100, 100000));
    REQUIRE(told.size() == 1);
    SECTION("by the only one") {
        fixture.delete_at("p1", "a");
        CHECK(fixture.presence("p1-a") == Presence::deleted);
        CHECK(fixture.binary("p1-a-b0") == Presence::deleted);
        auto const still = good(fixture.store->events("s1", 0, 100, 100000));
        REQUIRE(still.size() == 1);
        CHECK(still[0].resource == told[0].resource);
    }
    SECTION("unless one serves it again") {
        fixture.delete_at("p1", "a");
        fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
        CHECK(fixture.presence("p1-a") == Presence::found);
        CHECK(fixture.binary("p1-a-b0") == Presence::found);
    }
    SECTION("not while another one holds it") {
        fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
        fixture.delete_at("p1", "a");
        CHECK(fixture.presence("p1-a") == Presence::found);
        CHECK(fixture.binary("p1-a-b0") == Presence::found);
        fixture.delete_at("p2", "x");
        CHECK(fixture.presence("p1-a") == Presence::deleted);
        CHECK(fixture.binary("p1-a-b0") == Presence::deleted);
    }
}

TEST_CASE("what a source serves as entered in error can be read, but not its bytes", "[cache][B6]") {
    WithdrawnFixture fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.attach("p1-a-b0", kBytesA);
    fixture.admit(
        "p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .status = "entered-in-error"}}
    );
    CHECK(fixture.presence("p1-a") == Presence::found);
    CHECK(fixture.text("p1-a", "status") == "entered-in-error");
    CHECK(fixture.binary("p1-a-b0") == Presence::deleted);
    SECTION("until it deletes that too") {
        fixture.delete_at("p1", "a");
        CHECK(fixture.presence("p1-a") == Presence::deleted);
    }
}

}  // namespace tributary::cache
