#include "orchestrator/pipeline/ids.hpp"
#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

TEST_CASE_METHOD(
    PipelineFixture, "the first of many partners is asked before the last one's Step is begun", "[pipeline]"
) {
    std::vector<FakeCommunity*> communities;
    for (int i = 0; i < 100; ++i) communities.push_back(&add_partner("p" + std::to_string(i)));
    start();
    subscribe("s1");
    ctx.restart();
    while (communities.front()->patient_calls == 0) REQUIRE(ctx.run_one_for(5s) == 1);
    auto const last = partners.back()->lane().figures();
    CHECK(last.queued + last.running == 0);
    CHECK(progress().asked == 100);
    advance(1s);
    for (auto const* community : communities) CHECK(community->patient_calls == 1);
    CHECK(progress().pending == 0);
}

TEST_CASE_METHOD(
    PipelineFixture, "the first documents of a long page are told of before the others", "[pipeline]"
) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.push_back("d" + std::to_string(i));
    add_partner("p1").pages = {documents(ids)};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(woken == std::vector<std::string>{"s1", "s1"});
    CHECK(events("s1") == 20);
}

TEST_CASE_METHOD(
    PipelineFixture, "a Patient is kept without what names its partner's server", "[pipeline][architecture 8]"
) {
    auto& partner = add_partner("p", [](auto& settings) { settings.fhir = "https://partner/fhir"; });
    auto const extensions = fhir::json::read(
        R"([{"url":"a","valueUri":"https://partner/1"},{"url":"b","valueUri":"http://loinc.org"}])"
    );
    partner.people.front().resource.set("extension", extensions.value());
    start();
    subscribe("s1");
    advance(1s);
    auto const patient = run(storage->read_patient("", patient_id("", "p", "bob"))).value().resource.resource;
    CHECK(patient.find("https://partner") == std::string::npos);
    CHECK(patient.find("http://loinc.org") != std::string::npos);
}

}  // namespace tributary::pipeline
