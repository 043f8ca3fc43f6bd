#include "cache/database_file.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

Store::Retention everything_before(int second) {
    return {at_second(second), at_second(second), at_second(second)};
}

class Purging : public StoreFixture {
public:
    void purge(int second) {
        for (int slices = 0; commit([&](Store& s) { return s.purge(everything_before(second)); }); ++slices)
            REQUIRE(slices < 100);
    }
    void deliver(std::string const& subscription, std::int64_t number) {
        commit([&](Store& s) -> Result<bool> {
            good(s.record_delivery(subscription, number, at_second(5)));
            return true;
        });
    }
    std::int64_t rows(std::string const& from) {
        auto const database = good(open_for_reading(settings.path));
        auto const sql = "SELECT count(*) FROM " + from;
        auto row = database->query(sql.c_str());
        return row.next() ? row.integer(0) : -1;
    }
};

}  // namespace

TEST_CASE(
    "what a live Subscription was told of stays; the rest goes after its time", "[cache][housekeeping]"
) {
    Purging fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2", "Alice", "Jones"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"b"}});
    fixture.purge(1);
    CHECK(good(fixture.store->counts()).documents == 2);
    fixture.purge(1000);
    CHECK(good(fixture.store->read_document("", "p1-a")).presence == Presence::found);
    CHECK(good(fixture.store->read_document("", "p2-b")).presence == Presence::unknown);
    CHECK(good(fixture.store->read_patient("", "p2-2")).presence == Presence::unknown);
    CHECK(good(fixture.store->read_patient("", "p1-1")).presence == Presence::found);
}

TEST_CASE(
    "what a Subscription that is off was not told of yet stays until it is turned on again",
    "[cache][housekeeping][E5]"
) {
    Purging fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}, {"b"}});
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.record_delivery("s1", 1, at_second(5)));
        good(s.change_status({"s1", subscriptions::Status::off, "", "", at_second(5)}));
        return true;
    });
    fixture.purge(1000);
    auto const kept = good(fixture.store->events("s1", 0, 10, 10));
    REQUIRE(kept.size() == 1);
    CHECK(kept.front().number == 2);
    CHECK(good(fixture.store->read_document("", "p1-a")).presence == Presence::unknown);
}

TEST_CASE(
    "a Document stays while a Subscription was told of a copy that has been merged into it",
    "[cache][housekeeping]"
) {
    Purging fixture;
    fixture.subscribe("all");
    fixture.subscribe("restricted", std::string(kBob) + "&security-label=R");
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2"}});
    fixture.admit("p1", "1", {{.id = "a"}});
    fixture.admit("p2", "2", {{.id = "x", .label = "R"}});
    REQUIRE(fixture.told("restricted") == Texts{"create p2-x/1"});
    fixture.attach("p1-a-b0", std::string(64, 'a'));
    fixture.attach("p2-x-b0", std::string(64, 'a'));
    REQUIRE(fixture.text("p2-x", "id") == "p2-x");
    REQUIRE(good(fixture.store->counts()).documents == 2);
    REQUIRE(fixture.found() == Texts{"p1-a"});
    fixture.commit([&](Store& s) { return s.delete_subscription("", "all", {}, at_second(5)); });
    fixture.purge(1000);
    CHECK(fixture.told("restricted") == Texts{"create p2-x/1"});
    CHECK(good(fixture.store->read_document("", "p2-x")).presence == Presence::found);
    fixture.commit([&](Store& s) { return s.release_bodies(0); });
    CHECK(good(fixture.store->contents_to_retrieve("", 10)).empty());  // what made room waits for a reader
    fixture.admit("p1", "1", {{.id = "a", .hash = std::string(40, 'c')}});
    CHECK(good(fixture.store->contents_to_retrieve("", 10)) == Texts{"p1-a-b0"});
    CHECK(good(fixture.store->contents_to_retrieve("restricted", 10)) == Texts{"p1-a-b0"});
}

TEST_CASE("a Patient stays while a live Subscription names him", "[cache][housekeeping]") {
    Purging fixture;
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2", "Alice", "Jones"}});
    fixture.subscribe("s1", "DocumentReference?patient=Patient/p1-1");
    fixture.subscribe("s2", "DocumentReference?patient=Patient/p2-2", subscriptions::Status::off);
    fixture.purge(1000);
    CHECK(good(fixture.store->read_patient("", "p1-1")).presence == Presence::found);
    CHECK(good(fixture.store->read_patient("", "p2-2")).presence == Presence::unknown);
}

TEST_CASE("delivered Events go after their time, and are never told again", "[cache][housekeeping]") {
    Purging fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.purge(1000);
    REQUIRE(good(fixture.store->events("s1", 0, 10, 10)).size() == 1);
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.record_delivery("s1", 1, at_second(5)));
        return true;
    });
    fixture.purge(1000);
    CHECK(good(fixture.store->events("s1", 0, 10, 10)).empty());
    fixture.admit("p1", "1", {{"a"}});
    ReplaceSubscription const change{
        "", "s1", StoreFixture::classic_subscription(kBob), subscriptions::Status::active, {}, at_second(9)
    };
    fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    CHECK(good(fixture.store->read_subscription("", "s1")).record.events == 1);
}

TEST_CASE("versions of a document that no Event needs go", "[cache][housekeeping]") {
    Purging fixture;
    std::string const created = "patient.given=bob&patient.family=smith";
    fixture.subscribe("s1", created, subscriptions::Status::active, true);
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.match("p1", {{.id = "1", .identifier = "urn:oid:2.999|7"}});
    for (auto const* const date : {"2026-01-01", "2026-01-02", "2026-01-03"})
        fixture.admit("p1", "1", {{.id = "a", .date = date}});
    CHECK(fixture.rows("document_version") == 2);
    CHECK(fixture.rows("patient_version") == 1);
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    SECTION("once it is delivered") {
        fixture.deliver("s1", 1);
        fixture.purge(1000);
    }
    SECTION("once its Subscription is deleted") {
        fixture.subscribe("s2", created, subscriptions::Status::active, true);
        fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(5)); });
        fixture.purge(0);
    }
    CHECK(fixture.rows("document_version") == 1);
    CHECK(fixture.rows("patient_version") == 0);
    CHECK(good(fixture.store->read_document("", "p1-a")).presence == Presence::found);
}

TEST_CASE("of a copy that was merged the versions go that no Event needs", "[cache][housekeeping]") {
    Purging fixture;
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2"}});
    fixture.admit("p1", "1", {{.id = "a"}});
    fixture.admit("p2", "2", {{.id = "x"}});
    fixture.attach("p1-a-b0", std::string(64, 'a'));
    fixture.attach("p2-x-b0", std::string(64, 'a'));
    CHECK(fixture.rows("document_version") == 1);
    CHECK(good(fixture.store->read_document("", "p2-x")).presence == Presence::found);
}

TEST_CASE("versions of a document that was purged are counted on, not anew", "[cache][housekeeping]") {
    Purging fixture;
    bool const topic = GENERATE(false, true);
    fixture.subscribe(
        "s1", topic ? "patient.given=bob&patient.family=smith" : kBob, subscriptions::Status::active, topic
    );
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.deliver("s1", 1);
    auto const set = [&](subscriptions::Status status) {
        fixture.commit([&](Store& s) { return s.change_status({"s1", status, "", "", at_second(6)}); });
    };
    set(subscriptions::Status::off);
    fixture.purge(1000);
    REQUIRE(good(fixture.store->read_document("", "p1-a")).presence == Presence::unknown);
    set(subscriptions::Status::active);
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{.id = "a", .date = "2026-02-02"}});
    CHECK(good(fixture.store->read_document("", "p1-a")).resource.version == 2);
    CHECK(good(fixture.store->read_subscription("", "s1")).record.events == (topic ? 1 : 2));
}

TEST_CASE("where a deleted Subscription came from is forgotten after its time", "[cache][housekeeping]") {
    Purging fixture;
    NewSubscription subscription;
    subscription.id = "s1";
    subscription.origin = "203.0.113.7";
    subscription.resource = StoreFixture::classic_subscription(kBob);
    fixture.commit([&](Store& s) { return s.create_subscription(subscription); });
    fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(4)); });
    fixture.purge(4);
    CHECK(fixture.rows("subscription WHERE origin = '203.0.113.7'") == 1);
    fixture.purge(5);
    CHECK(fixture.rows("subscription WHERE origin = '203.0.113.7'") == 0);
}

TEST_CASE("Events of a deleted Subscription go", "[cache][housekeeping]") {
    Purging fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(4)); });
    CHECK(good(fixture.store->counts()).undelivered == 0);
    fixture.purge(0);
    CHECK(good(fixture.store->events("s1", 0, 10, 10)).empty());
}

TEST_CASE("call rows go after their time", "[cache][housekeeping]") {
    Purging fixture;
    std::vector<CallRow> rows(1200);
    for (auto& row : rows) row.started = at_second(0);
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.record_calls(rows));
        return true;
    });
    CHECK(fixture.commit([&](Store& s) { return s.purge(everything_before(1)); }));
    fixture.purge(1);
    CHECK_FALSE(fixture.commit([&](Store& s) { return s.purge(everything_before(1)); }));
}

TEST_CASE(
    "Bodies beyond the limit are forgotten, oldest first, and can be retrieved again", "[cache][housekeeping]"
) {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}, {"b"}});
    auto without_address = StoreFixture::answer("p1", "1", {{"c"}});
    without_address.entries[0].document.contents[0].attachment.url.clear();
    fixture.commit([&](Store& s) { return s.admit(without_address); });
    CHECK(good(fixture.store->contents_to_retrieve("", 10)) == Texts{"p1-a-b0", "p1-b-b0"});
    fixture.attach("p1-a-b0", std::string(64, 'a'), "1");
    fixture.attach("p1-b-b0", std::string(64, 'b'), "2");
    CHECK(good(fixture.store->contents_to_retrieve("", 10)).empty());
    auto const release = [&](std::uint64_t bytes) {
        return fixture.commit([&](Store& s) { return s.release_bodies(bytes); });
    };
    CHECK(release(200).empty());
    CHECK(release(150) == Texts{std::string(64, 'a')});
    CHECK(good(fixture.store->content("", "p1-a-b0")).sha256.empty());
    CHECK(good(fixture.store->content("", "p1-b-b0")).size == 100);
}

TEST_CASE("the change sequence grows with every change", "[cache][housekeeping]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    auto const counts = good(fixture.store->counts());
    CHECK(counts.change_sequence == 3);
    CHECK(counts.subscriptions == 1);
    CHECK(counts.documents == 1);
    CHECK(counts.patients == 1);
    CHECK(counts.undelivered == 1);
}

}  // namespace tributary::cache
