#include "orchestrator/partner/subject_safety.hpp"

#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"

namespace tributary::partner {

namespace {

struct SubjectFixture {
    SubjectFixture() {
        auto patient = fhir::read_patient(
            fhir::json::read(
                R"({"resourceType":"Patient","id":"p-1","name":[{"family":"Smith","given":["Bob"]}],
            "birthDate":"1970-01-02","gender":"male","identifier":[{"system":"urn:oid:1.2.3","value":"MRN1"}]})"
            )
                .value()
        );
        match.remote_id = "p-1";
        match.patient = std::make_shared<fhir::Patient const>(patient.value());
    }
    bool about(std::string const& members, bool filter_proven = false) {
        auto const text =
            R"({"resourceType":"DocumentReference","id":"d","status":"current")" + members + "}";
        auto const document = fhir::read_document_reference(fhir::json::read(text).value()).value();
        return is_about(document, match, {"https://a.example/fhir"}, filter_proven);
    }
    bool about_reference(std::string const& reference) {
        return about(R"(,"subject":{"reference":")" + reference + "\"}");
    }
    PatientMatch match;
};

}  // namespace

TEST_CASE_METHOD(
    SubjectFixture, "a document of the Patient asked for is accepted however it names it", "[F3]"
) {
    CHECK(about_reference("Patient/p-1"));
    CHECK(about_reference("Patient/p-1/_history/3"));
    CHECK(about_reference("https://a.example/fhir/Patient/p-1"));
    CHECK(about_reference("http://a.example/fhir/Patient/p-1"));
    CHECK(about(R"(,"subject":{"identifier":{"system":"urn:oid:1.2.3","value":"MRN1"}})"));
    CHECK(about(
        R"(,"contained":[{"resourceType":"Patient","id":"c","name":[{"family":"SMITH","given":["Bob"]}],"birthDate":"1970-01-02","gender":"male"}],
                 "subject":{"reference":"#c"})"
    ));
}

TEST_CASE_METHOD(SubjectFixture, "a document of anybody else is not", "[F3]") {
    CHECK_FALSE(about_reference("Patient/p-2"));
    CHECK_FALSE(about_reference("Patient/p-11"));
    CHECK_FALSE(about_reference("Group/p-1"));
    CHECK_FALSE(about_reference("https://b.example/fhir/Patient/p-1"));
    CHECK_FALSE(about_reference("https://a.example/fhir/other/Patient/p-1"));
    CHECK_FALSE(about(R"(,"subject":{"identifier":{"system":"urn:oid:1.2.3","value":"MRN2"}})"));
    CHECK_FALSE(about(
        R"(,"contained":[{"resourceType":"Patient","id":"c","name":[{"family":"Smith","given":["Eve"]}],"birthDate":"1970-01-02","gender":"female"}],
                       "subject":{"reference":"#c"})"
    ));
    CHECK_FALSE(about(R"(,"subject":{"reference":"#dangling"})"));
}

TEST_CASE_METHOD(
    SubjectFixture, "a document without subject needs proof that our filter was applied", "[F3]"
) {
    CHECK_FALSE(about(""));
    CHECK(about("", true));
    CHECK_FALSE(about(R"(,"context":{"sourcePatientInfo":{"reference":"Patient/p-2"}})", true));
    CHECK(about(R"(,"context":{"sourcePatientInfo":{"reference":"Patient/p-1"}})", true));
}

namespace {

PatientFilter filter_of(std::string const& self_link) {
    return patient_filter(self_link, "p-1", {"https://a.example/fhir"});
}

}  // namespace

TEST_CASE("a self link proves the filter only when it names our Patient, and nothing else", "[F3]") {
    std::string const search = "https://a.example/fhir/DocumentReference?";
    for (auto const& proof : std::vector<std::string>{
             search + "patient=p-1&status=current",
             search + "_count=3&patient=Patient%2Fp-1",
             search + "subject=Patient/p-1",
             search + "subject:Patient=p-1",
             search + "patient=https://a.example/fhir/Patient/p-1",
             search + "patient=p-1&subject=Patient/p-1",
             "https://proxy.example/x/DocumentReference/_search?patient=p-1",
             "https://a.example/fhir/DocumentReference/$docref?patient=p-1",
             "DocumentReference?patient=p-1",
             "?patient=p-1"
         }) {
        INFO(proof);
        CHECK(filter_of(proof) == PatientFilter::applied);
    }
    for (auto const& none : std::vector<std::string>{
             search + "patient=p-2",
             search + "patient=p-1,p-2",
             search + "patient=p-2&patient=p-1",
             search + "patient:not=p-1",
             search + "patient:identifier=p-1",
             search + "subject:missing=p-1",
             search + "subject:Group=p-1",
             search + "subject=Group/p-1",
             search + "patient.identifier=p-1",
             search + "patient=https://b.example/fhir/Patient/p-1",
             search + "patient=p-1&_broken=%zz",
             "https://a.example/fhir/Observation?patient=p-1"
         }) {
        INFO(none);
        CHECK(filter_of(none) == PatientFilter::another);
    }
    for (auto const& silent : std::vector<std::string>{
             search + "_count=3", "https://a.example/fhir?_getpages=7", "", "https://a.example/x"
         }) {
        INFO(silent);
        CHECK(filter_of(silent) == PatientFilter::unsaid);
    }
}

}  // namespace tributary::partner
