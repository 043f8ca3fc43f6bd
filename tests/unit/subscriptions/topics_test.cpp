#include "subscriptions/topics.hpp"

#include "fhir/search/document_search.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::search::Parameter;

namespace {

std::vector<Topic> const kTopics = topics("https://x.example");

FilterReading read_all(std::vector<std::string> const& texts) {
    std::vector<Filter> filters;
    for (std::size_t i = 0; i < texts.size(); ++i)
        filters.push_back({texts[i], "extension[" + std::to_string(i) + "]"});
    return read_filters(kTopics.front(), filters, "https://x.example/fhir");
}

}  // namespace

TEST_CASE("our topic is found by its canonical, with its version or without", "[subscriptions][topic]") {
    auto const canonical = "https://x.example/SubscriptionTopic/patient-documents";
    CHECK(find_topic(kTopics, canonical) == &kTopics.front());
    CHECK(find_topic(kTopics, std::string(canonical) + "|1.0.0") == &kTopics.front());
    CHECK(find_topic(kTopics, std::string(canonical) + "|2.0.0") == nullptr);
    CHECK(find_topic(kTopics, "https://x.example/SubscriptionTopic/other") == nullptr);
}

TEST_CASE("our topic offers every filter of the published definition", "[subscriptions][topic]") {
    auto const folder = vectors();
    if (!folder) return;
    auto const definition = vector_file(*folder / "composed" / "patient-documents.basic-topic.json");
    std::size_t seen = 0;
    for (auto const& extension : definition.items("extension")) {
        if (!extension.text("url").ends_with(".canFilterBy")) continue;
        for (auto const& part : extension.items("extension")) {
            if (part.text("url") != "filterParameter") continue;
            ++seen;
            auto const& offered = kTopics.front().filters;
            INFO(part.text("valueString"));
            CHECK(std::find(offered.begin(), offered.end(), part.text("valueString")) != offered.end());
        }
    }
    CHECK(seen == 9);
}

TEST_CASE("all five forms of a filter mean the same", "[subscriptions][topic][B5]") {
    auto const expected = std::vector<Parameter>{{"given", "", {"bob"}}};
    for (auto const* text :
         {"patient.given=bob", "DocumentReference.patient.given=bob", "DocumentReference?patient.given=bob"
         }) {
        auto const reading = read_all({text});
        INFO(text);
        CHECK(reading.problems.empty());
        CHECK(reading.search.patient.parameters == expected);
    }
    auto const exact = std::vector<Parameter>{{"given", "exact", {"bob"}}};
    for (auto const* text : {"patient.given:exact=bob", "DocumentReference.patient.given:exact=bob"}) {
        INFO(text);
        CHECK(read_all({text}).search.patient.parameters == exact);
    }
}

TEST_CASE("filters of several strings and pairs are all applied", "[subscriptions][topic][B5]") {
    auto const reading = read_all(
        {"patient.given=bob&patient.family=smith",
         "DocumentReference.status=current",
         "type=http://loinc.org|34133-9"}
    );
    CHECK(reading.problems.empty());
    CHECK(reading.search.patient.parameters.size() == 2);
    CHECK(reading.search.filters.size() == 2);
}

TEST_CASE(
    "a filter that is not offered is refused where it stands, and all are told at once",
    "[subscriptions][topic][B5]"
) {
    auto const reading = read_all(
        {"patient.given=bob", "author=Practitioner/1", "Encounter?patient=1", "status", "patient.family="}
    );
    REQUIRE(reading.problems.size() == 4);
    CHECK(reading.problems[0].errc() == Errc::not_supported);
    CHECK(reading.problems[0].expression() == "extension[1]");
    CHECK_THAT(reading.problems[0].detail(), Catch::Matchers::ContainsSubstring("'author'"));
    CHECK(reading.problems[1].errc() == Errc::not_supported);
    CHECK(reading.problems[1].expression() == "extension[2]");
    CHECK(reading.problems[2].errc() == Errc::value);
    CHECK(reading.problems[2].expression() == "extension[3]");
    CHECK(reading.problems[3].expression() == "extension[4]");
}

TEST_CASE(
    "a search parameter that we know, but the topic does not offer, is refused", "[subscriptions][topic]"
) {
    auto const reading = read_all({"patient.given=bob&patient.address-city=Springfield"});
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::not_supported);
}

TEST_CASE("filters that name no patient are refused", "[subscriptions][topic]") {
    for (auto const& filters : {std::vector<std::string>{}, {"status=current"}}) {
        auto const reading = read_all(filters);
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems[0].errc() == Errc::required);
        CHECK(reading.problems[0].expression() == "Subscription.criteria");
    }
}

TEST_CASE("two filters that name different patients do not widen to both", "[subscriptions][topic]") {
    CHECK(
        read_all({"patient=Patient/a,Patient/b", "patient=Patient/b"}).search.patient.references ==
        std::vector<std::string>{"b"}
    );
    CHECK(read_all({"patient=Patient/a", "patient=Patient/b"}).problems.size() == 1);
}

}  // namespace tributary::subscriptions
