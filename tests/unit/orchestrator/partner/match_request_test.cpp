#include "orchestrator/partner/match_request.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/search/parameter.hpp"
#include "tests/support/catch.hpp"

namespace tributary::partner {

namespace {

MatchRequest request_of(std::string const& criteria) {
    return make_match_request({fhir::search::parse_query(criteria).value(), {}}, 5);
}

std::string patient_of(MatchRequest const& request) {
    auto const body = fhir::json::read(request.body).value();
    return fhir::json::write(*body.items("parameter").at(0).find("resource"));
}

}  // namespace

TEST_CASE("$match is asked with resource, onlyCertainMatches and count", "[partner][ITI-119]") {
    CHECK(
        request_of("family=Smith&given=Bob&birthdate=1970-01-02").body ==
        R"({"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient",)"
        R"("name":[{"family":"Smith","given":["Bob"]}],"birthDate":"1970-01-02"}},)"
        R"({"name":"onlyCertainMatches","valueBoolean":true},{"name":"count","valueInteger":5}]})"
    );
}

TEST_CASE("every demographic that criteria carry is told as part of the Patient", "[partner][ITI-119]") {
    auto const request = request_of(
        "given=Bob&given=James&family=Smith&gender=male&birthdate=eq1970&identifier=urn:oid:1.2|7"
        "&telecom=phone|555&email=b@x.example&address-city=Oslo&address-postalcode=0150"
        "&mothersMaidenName=Doe&_id=ours"
    );
    CHECK(request.complete);
    CHECK(
        patient_of(request) ==
        R"({"resourceType":"Patient","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",)"
        R"("valueString":"Doe"}],"identifier":[{"system":"urn:oid:1.2","value":"7"}],)"
        R"("name":[{"family":"Smith","given":["Bob","James"]}],)"
        R"("telecom":[{"system":"phone","value":"555"},{"system":"email","value":"b@x.example"}],)"
        R"("gender":"male","birthDate":"1970","address":[{"city":"Oslo","postalCode":"0150"}]})"
    );
}

TEST_CASE("what only a search can ask for is noticed", "[partner][ITI-119]") {
    for (auto const* criteria :
         {"family=smith,smyth",
          "birthdate=ge1970-01-02",
          "given:contains=bo&family=smith",
          "birthdate=ge1970&birthdate=lt1980",
          "family=smith&family=jones"}) {
        INFO(criteria);
        CHECK_FALSE(request_of(criteria).complete);
    }
    CHECK(request_of("family:exact=Smith").complete);
    CHECK(patient_of(request_of("identifier=urn:oid:1.2|&family=x")).find("identifier") == std::string::npos);
}

}  // namespace tributary::partner
