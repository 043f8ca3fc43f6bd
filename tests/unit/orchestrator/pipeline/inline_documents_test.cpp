#include "orchestrator/pipeline/ids.hpp"
#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

namespace {

fhir::DocumentReference carrying(std::string const& bytes, std::string const& more = {}) {
    return make_document(
        {.id = "d", .attachment = R"("contentType":"text/xml","data":")" + base64(bytes) + '"' + more}
    );
}

}  // namespace

TEST_CASE_METHOD(
    PipelineFixture, "inline bytes that are not kept are counted, and the document told of", "[pipeline][D.4]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& partner = add_partner("p");
    SECTION("with another digest than their metadata say") {
        partner.pages = {{carrying("hello", R"(,"hash":"2jmj7l5rSw0yVb/vlWAYkK/YBwA=")")}};
    }
    SECTION("of somebody else") {
        partner.pages = {{carrying(
            R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><patient><name><given>Carol</given>)"
            R"(<family>Jones</family></name><birthTime value="19800505"/></patient></patientRole></recordTarget></ClinicalDocument>)"
        )}};
    }
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 1);
    CHECK(issue_of("p").empty());
    auto const counted = metrics.text();
    CHECK(counted.find("tributary_documents_quarantined_total 1\n") != std::string::npos);
    auto const content = run(storage->content("", binary_id("", "p", "d", 0)));
    REQUIRE(content.has_value());
    CHECK(content->sha256.empty());
}

}  // namespace tributary::pipeline
