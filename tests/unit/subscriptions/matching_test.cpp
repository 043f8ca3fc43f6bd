#include "subscriptions/matching.hpp"

#include <algorithm>

#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::search::Parameter;

namespace {

Plan plan_of(std::vector<Parameter> patient, std::vector<std::string> references = {}) {
    Plan plan;
    plan.search.patient.parameters = std::move(patient);
    plan.search.patient.references = std::move(references);
    return plan;
}
fhir::Patient patient_of(char const* text) { return *fhir::read_patient(parsed(text)); }
bool found(Plan const& plan, fhir::Patient const& patient) {
    auto const filed = subscription_keys(plan);
    auto const looked_up = patient_keys("p1", patient);
    return std::find_first_of(filed.begin(), filed.end(), looked_up.begin(), looked_up.end()) != filed.end();
}

auto const kBob =
    R"({"resourceType":"Patient","birthDate":"1970-01-01","identifier":[{"system":"urn:oid:1.2","value":"MRN-7"}],
"name":[{"family":"Müller-Smith","given":["Bob","Lee"]},{"family":"van den Berg","given":["Robert"]}]})";

}  // namespace

TEST_CASE("a Subscription is found by every Patient it may accept", "[subscriptions][matching]") {
    auto const bob = patient_of(kBob);
    CHECK(found(plan_of({{"family", "", {"mull"}}}), bob));
    CHECK(found(plan_of({{"family", "", {"MÜLLER SMITH"}}}), bob));
    CHECK(found(plan_of({{"family", "exact", {"van den Berg"}}}), bob));
    CHECK(found(plan_of({{"family", "", {"berg"}}}), bob));
    CHECK(found(plan_of({{"family", "", {"jones", "müller"}}}), bob));
    CHECK(found(plan_of({{"given", "", {"lee"}}}), bob));
    CHECK(found(plan_of({{"identifier", "", {"urn:oid:1.2|MRN-7"}}}), bob));
    CHECK(found(plan_of({{"identifier", "", {"mrn-7"}}, {"family", "", {"x"}}}), bob));
    CHECK(found(plan_of({}, {"p0", "p1"}), bob));
    CHECK(found(plan_of({{"birthdate", "", {"1970"}}}), bob));
    CHECK(found(plan_of({{"family", "contains", {"ülle"}}}), bob));
}

TEST_CASE("a Subscription for somebody else is not looked at", "[subscriptions][matching]") {
    auto const bob = patient_of(kBob);
    CHECK_FALSE(found(plan_of({{"family", "", {"jones"}}, {"given", "", {"bob"}}}), bob));
    CHECK_FALSE(found(plan_of({{"identifier", "", {"urn:oid:1.2|MRN-8"}}}), bob));
    CHECK_FALSE(found(plan_of({{"given", "", {"zoe"}}}), bob));
    CHECK_FALSE(found(plan_of({{"family", "", {"jones"}}}, {"p2"}), bob));
}

TEST_CASE("a long family name is filed and found", "[subscriptions][matching]") {
    std::string name;
    for (int i = 0; i < 60; ++i) name += "é";
    CHECK(found(
        plan_of({{"family", "", {name}}}),
        patient_of((R"({"resourceType":"Patient","name":[{"family":")" + name + "\"}]}").c_str())
    ));
}

TEST_CASE(
    "a Patient is wanted by reference to anyone of its Person, and by what it is", "[subscriptions][matching]"
) {
    using fhir::identity::Acceptance;
    auto const bob = patient_of(kBob);
    CHECK(wants_patient(plan_of({}, {"p2"}), Acceptance::strict, bob, {"p1", "p2"}));
    CHECK_FALSE(wants_patient(plan_of({}, {"p3"}), Acceptance::strict, bob, {"p1", "p2"}));
    auto const by_name = plan_of({{"family", "", {"van den Ber"}}});
    CHECK_FALSE(wants_patient(by_name, Acceptance::strict, bob, {"p1"}));
    CHECK(wants_patient(by_name, Acceptance::search, bob, {"p1"}));
}

TEST_CASE("a document entered in error is wanted only where it is asked for", "[subscriptions][matching]") {
    auto const document = *fhir::read_document_reference(
        parsed(R"({"resourceType":"DocumentReference","status":"entered-in-error"})")
    );
    Plan plan;
    CHECK_FALSE(wants_document(plan, document));
    plan.search.filters = {{"status", "", {"current", "entered-in-error"}}};
    CHECK(wants_document(plan, document));
    plan.search.filters = {{"status", "", {"current"}}};
    CHECK_FALSE(wants_document(plan, document));
}

TEST_CASE("filters let through what they name", "[subscriptions][matching]") {
    auto const document = *fhir::read_document_reference(parsed(
        R"({"resourceType":"DocumentReference","status":"current","type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]}})"
    ));
    Plan plan;
    CHECK(wants_document(plan, document));
    plan.search.filters = {{"type", "", {"http://loinc.org|34133-9"}}, {"status", "", {"current"}}};
    CHECK(wants_document(plan, document));
    plan.search.filters.push_back({"status", "", {"superseded"}});
    CHECK_FALSE(wants_document(plan, document));
}

}  // namespace tributary::subscriptions
