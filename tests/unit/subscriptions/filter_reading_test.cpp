#include "subscriptions/filter_reading.hpp"

#include "fhir/search/document_search.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::search::Parameter;

namespace {

std::vector<Topic> const kTopics = topics("https://x.example");

std::string const kPatientDependent = "DSUBm-SubscriptionTopic-DocumentReference-PatientDependent";
std::string const kMultiPatient = "DSUBm-SubscriptionTopic-DocumentReference-MultiPatient";

FilterReading read_all(Topic const& topic, std::vector<std::string> const& texts) {
    std::vector<Filter> filters;
    for (std::size_t i = 0; i < texts.size(); ++i)
        filters.push_back({texts[i], "extension[" + std::to_string(i) + "]"});
    return read_filters(kTopics, topic, filters, "https://x.example/fhir");
}
FilterReading read_all(std::vector<std::string> const& texts) { return read_all(kTopics.front(), texts); }
FilterReading read_ihe(std::string const& id, std::vector<std::string> const& texts) {
    auto const* const topic =
        find_topic(kTopics, "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/" + id);
    REQUIRE(topic != nullptr);
    return read_all(*topic, texts);
}

}  // namespace

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

TEST_CASE("who names no patient is told which filters do, and no others", "[subscriptions][topic]") {
    for (auto const& reading :
         {read_all({"type=1"}), read_all({}), read_ihe(kPatientDependent, {"category=x"})}) {
        REQUIRE(reading.problems.size() == 1);
        auto const words = reading.problems[0].detail();
        INFO(words);
        CHECK(words.find("patient.identifier") != words.npos);
        for (auto const* other : {"type", "category", "status", "gender"})
            CHECK(words.find(other) == words.npos);
    }
}

TEST_CASE("a filter with an empty value is refused, alone or beside others", "[subscriptions][topic][A5]") {
    for (auto const* text : {"type=", "type=,", "type=1,", "type=1&category=,"}) {
        INFO(text);
        auto const reading = read_all({"patient.family=smith", text});
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems[0].errc() == Errc::value);
        CHECK(reading.problems[0].expression() == "extension[1]");
    }
}

TEST_CASE("two filters that name different patients do not widen to both", "[subscriptions][topic]") {
    CHECK(
        read_all({"patient=Patient/a,Patient/b", "patient=Patient/b"}).search.patient.references ==
        std::vector<std::string>{"b"}
    );
    CHECK(read_all({"patient=Patient/a", "patient=Patient/b"}).problems.size() == 1);
}

TEST_CASE("a filter that no document can pass is refused", "[subscriptions][topic][E3-3]") {
    CHECK(read_all({"patient.family=smith&status=bogus"}).problems.front().errc() == Errc::value);
    CHECK(
        read_all({"patient.family=smith", "patient.gender=m"}).problems.front().expression() == "extension[1]"
    );
    CHECK(read_all({"patient.gender=male"}).problems.front().errc() == Errc::required);
    CHECK(read_all({"patient=Patient/a&patient=Patient/b"}).problems.front().errc() == Errc::value);
    auto const elsewhere = read_all({"patient=https://elsewhere.example/fhir/Patient/a"}).problems;
    CHECK(elsewhere.front().errc() == Errc::not_supported);
}

TEST_CASE("a patient-dependent topic needs patient or patient.identifier", "[subscriptions][DSUBm]") {
    CHECK(read_ihe(kPatientDependent, {"patient.identifier=urn:oid:1.2|7"}).problems.empty());
    CHECK(read_ihe(kPatientDependent, {"DocumentReference?patient=Patient/a&type=57832-8"}).problems.empty());
    for (auto const& filters : {std::vector<std::string>{}, {"type=57832-8"}}) {
        auto const reading = read_ihe(kPatientDependent, filters);
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems[0].errc() == Errc::required);
    }
}

TEST_CASE("a multi-patient topic takes no patient", "[subscriptions][DSUBm]") {
    auto const reading = read_ihe(kMultiPatient, {"type=57832-8&author.family=house"});
    CHECK(reading.problems.empty());
    CHECK(reading.search.patient.empty());
    CHECK(reading.search.filters.size() == 2);
    CHECK(read_ihe(kMultiPatient, {}).problems.empty());
    CHECK(read_ihe(kMultiPatient, {"author:identifier=urn:oid:1.2|7"}).problems.empty());
    CHECK(read_ihe(kMultiPatient, {"author=Practitioner/1"}).problems.size() == 1);
    for (auto const* filter : {"patient=Patient/a", "patient.identifier=urn:oid:1.2|7"}) {
        INFO(filter);
        auto const refused = read_ihe(kMultiPatient, {filter});
        REQUIRE(refused.problems.size() == 1);
        CHECK(refused.problems[0].errc() == Errc::not_supported);
        CHECK(refused.search.patient.empty());
    }
}

TEST_CASE("demographics on a topic of DSUBm are refused with the name of ours", "[subscriptions][DSUBm]") {
    auto const reading = read_ihe(kPatientDependent, {"patient=Patient/a&patient.given=bob"});
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::not_supported);
    CHECK_THAT(
        reading.problems[0].detail(),
        Catch::Matchers::ContainsSubstring("https://x.example/SubscriptionTopic/patient-documents")
    );
}

TEST_CASE("status and patient of a topic of DSUBm take one value", "[subscriptions][DSUBm]") {
    for (auto const* filter :
         {"patient=Patient/a,Patient/b",
          "patient=Patient/a&status=current,superseded",
          "patient.identifier=urn:oid:1.2|7,urn:oid:1.2|8"}) {
        INFO(filter);
        auto const reading = read_ihe(kPatientDependent, {filter});
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems[0].errc() == Errc::value);
    }
    CHECK(read_ihe(kPatientDependent, {"patient=Patient/a&type=1,2&category=3,4"}).problems.empty());
}

}  // namespace tributary::subscriptions
