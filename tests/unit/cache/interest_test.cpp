#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

constexpr char kFilter[] = "patient.identifier=urn:oid:1.2|7";

/// A Subscription to a topic of DSUBm; `filter` empty: none.
void follow(
    StoreFixture& fixture, std::string const& id, std::string const& suffix, std::string const& filter
) {
    auto resource = parse(StoreFixture::topic_subscription(filter));
    resource.set(
        "criteria", "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/DSUBm-SubscriptionTopic-" + suffix
    );
    if (filter.empty()) resource.erase("_criteria");
    NewSubscription subscription;
    subscription.id = id;
    subscription.resource = fhir::json::write(resource);
    subscription.status = subscriptions::Status::active;
    subscription.now = at_second(0);
    fixture.commit([&](Store& s) { return s.create_subscription(subscription); });
}

PatientText bob() {
    PatientText patient{"1"};
    patient.identifier = "urn:oid:1.2|7";
    return patient;
}

}  // namespace

TEST_CASE("a multi-patient topic tells of what comes after it, of whatever patient", "[cache][DSUBm]") {
    StoreFixture fixture;
    fixture.match("p1", {bob()});
    fixture.match("p2", {{"9", "Alice", "Jones"}});
    fixture.admit("p1", "1", {{"before"}});
    follow(fixture, "all", "DocumentReference-MultiPatient", "");
    follow(fixture, "typed", "DocumentReference-MultiPatient", "type=34133-9");
    DocumentText other{"b"};
    other.type = "34133-9";
    fixture.admit("p1", "1", {{"before"}, {"a"}});
    fixture.admit("p2", "9", {other});
    CHECK(fixture.told("all") == Texts{"create p1-a/1", "create p2-b/1"});
    CHECK(fixture.told("typed") == Texts{"create p2-b/1"});
}

TEST_CASE("updates are told by the topics whose trigger has them, and by no other", "[cache][DSUBm]") {
    StoreFixture fixture;
    follow(fixture, "basic", "DocumentReference-PatientDependent", kFilter);
    follow(fixture, "min", "DocReference-PatientDependent-MinUpdate", kFilter);
    follow(fixture, "min-multi", "DocReference-MultiPatient-MinUpdate", "");
    follow(fixture, "all", "DocReference-PatientDependent-AllEvents", kFilter);
    follow(fixture, "all-multi", "DocReference-MultiPatient-AllEvents", "");
    fixture.match("p1", {bob()});
    DocumentText document{"a"};
    fixture.admit("p1", "1", {document});
    document.type = "34133-9";
    fixture.admit("p1", "1", {document});
    document.status = "superseded";
    fixture.admit("p1", "1", {document});
    CHECK(fixture.told("basic") == Texts{"create p1-a/1"});
    CHECK(fixture.told("min") == Texts{"create p1-a/1", "update p1-a/3"});
    CHECK(fixture.told("min-multi") == Texts{"create p1-a/1", "update p1-a/3"});
    CHECK(fixture.told("all") == Texts{"create p1-a/1", "update p1-a/2", "update p1-a/3"});
    CHECK(fixture.told("all-multi") == Texts{"create p1-a/1", "update p1-a/2", "update p1-a/3"});
}

TEST_CASE("who follows the status by a topic is told of a retraction", "[cache][DSUBm]") {
    StoreFixture fixture;
    follow(fixture, "basic", "DocumentReference-PatientDependent", kFilter);
    follow(fixture, "min", "DocReference-PatientDependent-MinUpdate", kFilter);
    fixture.subscribe("classic", kBob);
    fixture.match("p1", {bob()});
    DocumentText document{"a"};
    fixture.admit("p1", "1", {document});
    document.status = "entered-in-error";
    fixture.admit("p1", "1", {document});
    CHECK(fixture.told("min") == Texts{"create p1-a/1", "update p1-a/2"});
    CHECK(fixture.told("basic") == Texts{"create p1-a/1"});
    CHECK(fixture.told("classic") == Texts{"create p1-a/1"});
}

TEST_CASE("who was told of a document by an update is told of no creation", "[cache][D.3]") {
    StoreFixture fixture;
    std::string const criteria = std::string(kBob) + "&type=34133-9";
    fixture.subscribe("s1", criteria);
    fixture.match("p1", {bob()});
    fixture.match("p2", {{"2"}});
    DocumentText document{"a", "1.2.3", std::string(40, 'a')};
    fixture.admit("p1", "1", {document});
    document.type = "34133-9";
    fixture.admit("p1", "1", {document});
    REQUIRE(fixture.told("s1") == Texts{"update p1-a/2"});
    SECTION("when another partner reports the same") {
        document.id = "x";
        fixture.admit("p2", "2", {document});
    }
    SECTION("when the Subscription is tried again") {
        ReplaceSubscription change;
        change.id = "s1";
        change.resource = StoreFixture::classic_subscription(criteria);
        change.status = subscriptions::Status::requested;
        change.now = at_second(9);
        fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    }
    CHECK(fixture.told("s1") == Texts{"update p1-a/2"});
}

TEST_CASE("an Event tells of its patient as he was then, whenever it is sent", "[cache][F7]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.match("p1", {bob()});
    fixture.admit("p1", "1", {{"a"}});
    auto const before = good(fixture.store->events("s1", 0, 100, 100));
    REQUIRE(before.size() == 1);
    CHECK(before[0].patient_id == "p1-1");
    CHECK(parse(before[0].patient).text("birthDate") == "1970-01-02");

    auto moved = bob();
    moved.identifier = "urn:oid:1.2|7-b";
    fixture.match("p1", {moved});
    fixture.admit("p1", "1", {{"a"}, {"b"}});
    auto const after = good(fixture.store->events("s1", 0, 100, 100));
    REQUIRE(after.size() == 2);
    CHECK(after[0].patient == before[0].patient);
    CHECK_THAT(after[1].patient, Catch::Matchers::ContainsSubstring("7-b"));
}

}  // namespace tributary::cache
