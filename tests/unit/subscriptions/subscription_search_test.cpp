#include "subscriptions/subscription_search.hpp"

#include <algorithm>

#include "tests/unit/subscriptions/reading_fixture.hpp"

namespace tributary::subscriptions {

namespace {

Result<std::vector<SearchClause>> clauses_of(std::string_view query) {
    auto parameters = fhir::search::parse_query(query);
    REQUIRE(parameters.has_value());
    auto clauses = take_search_clauses(*parameters, rules());
    if (clauses) CHECK(parameters->empty());
    return clauses;
}

/// Does a stored Subscription fit, as an index of its keys would tell?
bool fits(std::string const& resource, std::string_view query) {
    auto const value = parsed(resource);
    auto const plan = read_plan(value, rules());
    REQUIRE(plan.has_value());
    auto const keys = search_keys(value, *plan);
    auto const clauses = clauses_of(query);
    REQUIRE(clauses.has_value());
    return std::all_of(clauses->begin(), clauses->end(), [&](SearchClause const& clause) {
        return std::any_of(keys.begin(), keys.end(), [&](SearchKey const& key) {
            auto const same = [&](std::string const& asked) {
                return clause.prefix ? key.value.starts_with(asked) : key.value == asked;
            };
            return key.parameter == clause.parameter &&
                   std::any_of(clause.values.begin(), clause.values.end(), same);
        });
    });
}

std::string const kIdentified =
    R"({"resourceType":"Subscription","reason":"r","criteria":"DocumentReference?patient.family=Müller",
"contact":[{"system":"email","value":"desk@a.example"}],
"extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.identifier",
              "valueIdentifier":{"system":"urn:app","value":"42"}}],
"channel":{"type":"rest-hook","endpoint":"https://a.example/x","payload":"application/fhir+json; fhirVersion=4.0"}})";

}  // namespace

TEST_CASE("a Subscription is found by each of its parameters", "[subscriptions][A8]") {
    for (char const* query :
         {"url=https://a.example/x",
          "type=rest-hook",
          "type=http://hl7.org/fhir/subscription-channel-type|rest-hook",
          "payload=application/fhir+json",
          "payload=application/fhir%2Bjson",
          "payload=application/fhir+json;fhirVersion=4.0",
          "payload=urn:ietf:bcp:13|application/fhir%2Bjson",
          "contact=desk@a.example",
          "contact=email|desk@a.example",
          "identifier=42",
          "identifier=urn:app|42",
          "identifier=urn:app|",
          "criteria=documentreference?patient.family=muller",
          "criteria=DocumentReference",
          "criteria:exact=DocumentReference?patient.family=M%C3%BCller",
          "type=websocket,rest-hook"}) {
        INFO(query);
        CHECK(fits(kIdentified, query));
    }
    for (char const* query :
         {"url=https://a.example",
          "type=websocket",
          "type=urn:other|rest-hook",
          "payload=application/fhir+xml",
          "contact=phone|desk@a.example",
          "identifier=urn:other|42",
          "identifier=|42",
          "criteria=patient.family",
          "criteria:exact=documentreference?patient.family=m%C3%BCller",
          "topic=https://x.example/SubscriptionTopic/patient-documents",
          "custom-channel=rest-hook",
          "url=https://a.example/x&type=websocket",
          "type=rest-hook&type=websocket"}) {
        INFO(query);
        CHECK_FALSE(fits(kIdentified, query));
    }
}

TEST_CASE("a topic Subscription is found by topic, filter and content level", "[subscriptions][B2]") {
    for (char const* query :
         {"topic=https://x.example/SubscriptionTopic/patient-documents",
          "topic=https://x.example/SubscriptionTopic/patient-documents|1.0.0",
          "criteria=https://x.example/SubscriptionTopic/",
          "filter-criteria=patient.family",
          "filter-criteria:exact=patient.family=smith",
          "payload-type=id-only",
          "payload-type=http://hl7.org/fhir/uv/subscriptions-backport/CodeSystem/"
          "backport-content-code-system|id-only"}) {
        INFO(query);
        CHECK(fits(kTopic, query));
    }
    for (char const* query :
         {"topic=https://x.example/SubscriptionTopic/other",
          "topic=https://x.example/SubscriptionTopic/patient-documents|9",
          "filter-criteria=patient.given",
          "payload-type=empty"}) {
        INFO(query);
        CHECK_FALSE(fits(kTopic, query));
    }
}

TEST_CASE("a status that cannot be finds nothing", "[subscriptions][A8]") {
    for (char const* query : {"status=bogus", "status=urn:other|active", "status=|active"}) {
        INFO(query);
        auto const clauses = clauses_of(query);
        REQUIRE(clauses.has_value());
        REQUIRE(clauses->size() == 1);
        CHECK_FALSE(read_status(clauses->front().values.at(0)).has_value());
    }
    auto const known = clauses_of("status=http://hl7.org/fhir/subscription-status|off");
    REQUIRE(known.has_value());
    CHECK(known->front().values == std::vector<std::string>{"off"});
}

TEST_CASE("what a search cannot mean is refused, and what is not offered is left", "[subscriptions][A8]") {
    for (char const* query :
         {"status=http://hl7.org/fhir/subscription-status|",
          "url:below=https://a",
          "criteria:contains=x",
          "criteria=?",
          "_lastUpdated=yesterday",
          "type:not=websocket"}) {
        INFO(query);
        auto const clauses = clauses_of(query);
        REQUIRE(!clauses.has_value());
        CHECK(clauses.error().errc() == Errc::invalid);
    }
    auto parameters = fhir::search::parse_query("colour=red&status=active");
    REQUIRE(parameters.has_value());
    auto const clauses = take_search_clauses(*parameters, rules());
    REQUIRE(clauses.has_value());
    CHECK(clauses->size() == 1);
    REQUIRE(parameters->size() == 1);
    CHECK(parameters->front().name == "colour");
}

}  // namespace tributary::subscriptions
