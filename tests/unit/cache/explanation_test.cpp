#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

struct ExplanationFixture : StoreFixture {
    ExplanationFixture() { match("p1", {{"1"}}); }
    Explanation explain(std::string const& subscription, std::string const& document = "p1-a") {
        return good(store->explain("", subscription, document));
    }
};

}  // namespace

TEST_CASE("an Event is explained with its number, its delivery and its attempts", "[cache][explain]") {
    ExplanationFixture fixture;
    fixture.subscribe("s1");
    fixture.admit("p1", "1", {{"a", "1.2.3", ""}, {"b", "1.2.4", ""}});
    auto const before = fixture.explain("s1");
    REQUIRE(before.events.size() == 1);
    CHECK(before.events.front().number == 1);
    CHECK_FALSE(before.events.front().delivered_at);
    CHECK_FALSE(before.why_not);
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.record_failure("s1", 2));
        good(s.record_failure("s1", 2));
        good(s.record_delivery("s1", 2, at_second(9)));
        return true;
    });
    auto const first = fixture.explain("s1");
    CHECK(first.events.front().delivered_at == at_second(9));
    CHECK(first.events.front().attempts == 1);
    CHECK(fixture.explain("s1", "p1-b").events.front().attempts == 3);
    CHECK(first.delivered == 2);
}

TEST_CASE("a document that was not told is explained by what stood in its way", "[cache][explain]") {
    ExplanationFixture fixture;
    fixture.subscribe("others", "DocumentReference?patient.given=alice&patient.family=jones");
    fixture.subscribe("filtered", std::string(kBob) + "&type=http://loinc.org|00000-0");
    fixture.subscribe("off", kBob, subscriptions::Status::off);
    fixture.admit("p1", "1", {{"a", "1.2.3", ""}});
    CHECK(fixture.explain("others").why_not == NotTold::other_patient);
    CHECK(fixture.explain("filtered").why_not == NotTold::filtered);
    CHECK(fixture.explain("off").why_not == NotTold::off);
}

TEST_CASE("what is not known is not explained", "[cache][explain]") {
    ExplanationFixture fixture;
    fixture.subscribe("s1");
    CHECK(fixture.explain("nobody").subscription == Presence::unknown);
    CHECK(fixture.explain("s1", "nothing").document == Presence::unknown);
    CHECK(good(fixture.store->explain("other scope", "s1", "p1-a")).subscription == Presence::unknown);
}

}  // namespace tributary::cache
