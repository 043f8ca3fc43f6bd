#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

using subscriptions::Status;

TEST_CASE("Events are numbered from 1 without gaps, through rollbacks and reopening", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}, {"b"}});

    REQUIRE_FALSE(fixture.store->begin());
    good(fixture.store->admit(StoreFixture::answer("p1", "1", {{"lost"}})));
    fixture.store->rollback();

    fixture.reopen();
    fixture.admit("p1", "1", {{"c"}});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p1-b/1", "create p1-c/1"});
    CHECK(good(fixture.store->read_subscription("", "s1")).record.events == 3);
}

TEST_CASE("a unit of work that runs again after a rollback does the same", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    auto const answer = StoreFixture::answer("p1", "1", {{"a"}});
    REQUIRE_FALSE(fixture.store->begin());
    auto const first = good(fixture.store->admit(answer));
    fixture.store->rollback();
    auto const second = fixture.commit([&](Store& s) { return s.admit(answer); });
    CHECK(first.subscriptions == Texts{"s1"});
    CHECK(second.subscriptions == first.subscriptions);
    CHECK(second.to_retrieve == Texts{"p1-a-b0"});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
}

TEST_CASE("an answer that comes twice makes no second Event", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    auto const first = fixture.admit("p1", "1", {{"a"}});
    auto const second = fixture.admit("p1", "1", {{"a"}});
    CHECK(first.documents == 1);
    CHECK(second.documents == 0);
    CHECK(second.subscriptions.empty());
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
}

TEST_CASE(
    "a new Subscription is told of what is already known, in the order in which it became known",
    "[cache][events]"
) {
    StoreFixture fixture;
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"9", "Alice", "Jones"}});
    fixture.admit("p1", "1", {{"b"}, {"a"}});
    fixture.admit("p2", "9", {{"other"}});
    fixture.subscribe("s1");
    CHECK(fixture.told("s1") == Texts{"create p1-b/1", "create p1-a/1"});
}

TEST_CASE("Events are counted while requested and in error, not while off", "[cache][events]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1"}});
    fixture.subscribe("requested", kBob, Status::requested);
    fixture.subscribe("error", kBob, Status::error);
    fixture.subscribe("off", kBob, Status::off);
    fixture.admit("p1", "1", {{"a"}});
    CHECK(fixture.told("requested").size() == 1);
    CHECK(fixture.told("error").size() == 1);
    CHECK(fixture.told("off").empty());
}

TEST_CASE("only Subscriptions whose filters let a document through are told", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("wanted", std::string(kBob) + "&type=http://loinc.org|11506-3");
    fixture.subscribe("other", std::string(kBob) + "&type=http://loinc.org|34133-9");
    fixture.subscribe("alice", "DocumentReference?patient.given=alice&patient.family=smith");
    fixture.match("p1", {{"1"}});
    CHECK(fixture.admit("p1", "1", {{"a"}}).subscriptions == Texts{"wanted"});
}

TEST_CASE("new Events are handed over where nothing earlier waits", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.subscribe("s2");
    fixture.match("p1", {{"1"}});
    auto const first = fixture.admit("p1", "1", {{"a"}, {"b"}});
    REQUIRE(first.fresh.size() == 2);
    auto const& handed = first.fresh[0];
    CHECK(handed.subscription.id == "s1");
    CHECK(handed.subscription.delivered == 0);
    CHECK(handed.subscription.events == 2);
    REQUIRE(handed.plan);
    auto const read = good(fixture.store->events("s1", 0, 10, 10));
    REQUIRE(handed.events.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(handed.events[i].number == read[i].number);
        CHECK(handed.events[i].focus_id == read[i].focus_id);
        CHECK(handed.events[i].resource == read[i].resource);
        CHECK(handed.events[i].patient == read[i].patient);
    }

    good(fixture.store->record_delivery("s2", 2, Utc()));
    auto const second = fixture.admit("p1", "1", {{"c"}});
    CHECK(second.subscriptions == Texts{"s1", "s2"});
    REQUIRE(second.fresh.size() == 1);
    CHECK(second.fresh[0].subscription.id == "s2");
    CHECK(second.fresh[0].events.front().number == 3);
}

TEST_CASE("a page with many Events hands none of them over", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    std::vector<DocumentText> many;
    for (int i = 0; i < 65; ++i) many.push_back({"d" + std::to_string(i)});
    auto const admitted = fixture.admit("p1", "1", many);
    CHECK(admitted.subscriptions == Texts{"s1"});
    CHECK(admitted.fresh.empty());
}

TEST_CASE("the cursor of delivered Events never goes back", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    auto const deliver = [&](std::int64_t number) {
        fixture.commit([&](Store& s) -> Result<bool> {
            good(s.record_delivery("s1", number, at_second(5)));
            return true;
        });
        return good(fixture.store->read_subscription("", "s1")).record.delivered;
    };
    CHECK(deliver(3) == 3);
    CHECK(deliver(2) == 3);
}

TEST_CASE("an Event keeps the very version it is about", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    DocumentText changed{"a"};
    changed.type = "34133-9";
    fixture.admit("p1", "1", {changed});
    auto const events = good(fixture.store->events("s1", 0, 100, 100));
    REQUIRE(events.size() == 2);
    CHECK_THAT(events[0].resource, Catch::Matchers::ContainsSubstring("11506-3"));
    CHECK_THAT(events[1].resource, Catch::Matchers::ContainsSubstring("34133-9"));
    CHECK(events[1].kind == subscriptions::EventKind::update);
}

TEST_CASE("an update is told to classic Subscriptions and not to those of our topic", "[cache][events]") {
    StoreFixture fixture;
    fixture.subscribe("classic");
    fixture.subscribe("topic", kBob, Status::active, true);
    fixture.match("p1", {{"1"}});
    fixture.admit("p1", "1", {{"a"}});
    DocumentText changed{"a"};
    changed.status = "superseded";
    fixture.admit("p1", "1", {changed});
    CHECK(fixture.told("classic") == Texts{"create p1-a/1", "update p1-a/2"});
    CHECK(fixture.told("topic") == Texts{"create p1-a/1"});
}

TEST_CASE("a replaced Subscription keeps its numbers and is told of what it newly wants", "[cache][events]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1"}});
    DocumentText other{"b"};
    other.type = "34133-9";
    fixture.admit("p1", "1", {{"a"}, other});
    fixture.subscribe("s1", std::string(kBob) + "&type=34133-9");
    REQUIRE(fixture.told("s1") == Texts{"create p1-b/1"});
    ReplaceSubscription const change{
        "", "s1", StoreFixture::classic_subscription(kBob), Status::requested, {}, at_second(9)
    };
    auto const replaced = fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    CHECK(replaced.record.version == 2);
    CHECK(fixture.told("s1") == Texts{"create p1-b/1", "create p1-a/1"});
}

TEST_CASE("another endpoint is told of no end before it has taken a handshake", "[cache]") {
    StoreFixture fixture;
    fixture.settings.rules.deactivation_notice = true;
    fixture.reopen();
    fixture.subscribe("s1", kBob, Status::active, true);
    auto resource = StoreFixture::topic_subscription(kBob);
    bool const moved = GENERATE(false, true);
    if (moved) resource.replace(resource.find("app.example"), 3, "own");
    ReplaceSubscription const change{"", "s1", resource, Status::off, {}, at_second(9)};
    auto const replaced = fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    CHECK(replaced.record.notice != moved);
    CHECK(replaced.record.accepted != moved);
}

TEST_CASE("an update at another version than the one it was decided upon changes nothing", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    ReplaceSubscription change{
        "",
        "s1",
        StoreFixture::classic_subscription("DocumentReference?patient=1"),
        Status::off,
        2,
        at_second(9)
    };
    auto const replace = [&] {
        return fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    };
    CHECK_FALSE(replace().changed);
    CHECK(good(fixture.store->read_subscription("", "s1")).record.version == 1);
    StatusChange off;
    off.id = "s1";
    off.status = Status::off;
    off.version = 2;
    CHECK_FALSE(fixture.commit([&](Store& s) { return s.change_status(off); }).changed);
    auto const removed =
        fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", 2, at_second(9)); });
    CHECK_FALSE(removed.changed);
    change.version = 1;
    CHECK(replace().changed);
    CHECK(good(fixture.store->read_subscription("", "s1")).record.version == 2);
}

TEST_CASE("an update that asks for the same keeps status, error and numbers", "[cache]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1"}});
    fixture.subscribe("s1");
    fixture.admit("p1", "1", {{"a"}});
    StatusChange error;
    error.id = "s1";
    error.status = Status::error;
    error.error_code = "no-response";
    error.now = at_second(5);
    fixture.commit([&](Store& s) { return s.change_status(error); });
    auto resource = parse(StoreFixture::classic_subscription(kBob));
    resource.set("end", "2099-01-01T00:00:00Z");
    ReplaceSubscription const change{"", "s1", fhir::json::write(resource), {}, 2, at_second(9)};
    auto const found = fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    CHECK(found.record.version == 3);
    CHECK(found.record.status == Status::error);
    CHECK(found.record.error_code == "no-response");
    CHECK(found.record.error_since == at_second(5));
    CHECK(found.record.events == 1);
    auto const after_end = at_second(9) + std::chrono::hours(24 * 365 * 100);
    auto const ended =
        fixture.commit([&](Store& s) { return s.expire_subscriptions(after_end, at_second(0)); });
    CHECK(ended == Texts{"s1"});
}

TEST_CASE("a change of status that lost a race changes nothing", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1", kBob, Status::off);
    StatusChange change;
    change.id = "s1";
    change.status = Status::active;
    change.from = {Status::requested, Status::error};
    auto const found = fixture.commit([&](Store& s) { return s.change_status(change); });
    CHECK(found.record.status == Status::off);
    CHECK(found.record.version == 1);
}

TEST_CASE("a deleted Subscription is told as deleted, and wants nothing any more", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}});
    auto const remove = [&] {
        return fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(4)); });
    };
    CHECK(remove().changed);
    CHECK_FALSE(remove().changed);
    CHECK(good(fixture.store->read_subscription("", "s1")).presence == Presence::deleted);
    CHECK(fixture.admit("p1", "1", {{"a"}}).subscriptions.empty());
    CHECK(good(fixture.store->search_subscriptions({})).total == 0);
}

TEST_CASE("Subscriptions end at their time, or after too long in error", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("healthy");
    fixture.subscribe("broken");
    StatusChange change;
    change.id = "broken";
    change.status = Status::error;
    change.error_code = "error-response";
    change.error_text = "The endpoint answered with HTTP 500";
    change.now = at_second(10);
    fixture.commit([&](Store& s) { return s.change_status(change); });
    auto const expire = [&](int second) {
        return fixture.commit([&](Store& s) {
            return s.expire_subscriptions(at_second(second), at_second(second));
        });
    };
    CHECK(expire(10).empty());
    CHECK(expire(11) == Texts{"broken"});
    CHECK(expire(12).empty());
    auto const live = good(fixture.store->live_subscriptions(0, 10));
    REQUIRE(live.records.size() == 1);
    CHECK(live.records[0].id == "healthy");
    CHECK(live.next == 0);
    auto const broken = good(fixture.store->read_subscription("", "broken")).record;
    CHECK(broken.status == Status::off);
    CHECK(broken.error_code == "error-response");
    CHECK(broken.error_text == "The endpoint answered with HTTP 500");
}

TEST_CASE("more Subscriptions than allowed are refused as throttled", "[cache]") {
    StoreFixture fixture;
    fixture.settings.max_subscriptions = 1;
    fixture.reopen();
    fixture.subscribe("s1");
    NewSubscription second;
    second.id = "s2";
    second.resource = StoreFixture::classic_subscription(kBob);
    CHECK(fixture.store->create_subscription(second).error().errc() == Errc::throttled);
}

TEST_CASE("only live Subscriptions count, and one that comes back is counted again", "[cache]") {
    StoreFixture fixture;
    fixture.settings.max_subscriptions = 1;
    fixture.reopen();
    auto const change = [&](std::string const& id, Status status) {
        return fixture.store->change_status({id, status, {}, {}, at_second(1), {}});
    };
    fixture.subscribe("s1");
    good(change("s1", Status::off));
    fixture.subscribe("s2");
    auto const before = good(fixture.store->read_subscription("", "s1")).record.version;
    CHECK(change("s1", Status::requested).error().errc() == Errc::throttled);
    ReplaceSubscription replacement;
    replacement.id = "s1";
    replacement.resource = StoreFixture::classic_subscription(kBob);
    replacement.status = Status::requested;
    CHECK(fixture.store->replace_subscription(replacement).error().errc() == Errc::throttled);
    auto const off = good(fixture.store->read_subscription("", "s1")).record;
    CHECK(off.status == Status::off);
    CHECK(off.version == before);
    SECTION("after another was turned off") { good(change("s2", Status::off)); }
    SECTION("after another was deleted") {
        good(fixture.store->delete_subscription("", "s2", std::nullopt, at_second(2)));
    }
    CHECK(good(change("s1", Status::requested)).record.status == Status::requested);
    fixture.reopen();
    CHECK(change("s2", Status::off).has_value());
    good(change("s1", Status::error));
    CHECK(good(change("s1", Status::active)).record.status == Status::active);
}

}  // namespace tributary::cache
