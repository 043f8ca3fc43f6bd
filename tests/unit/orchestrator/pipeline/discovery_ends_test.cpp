#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

using cache::DiscoveryState;

TEST_CASE_METHOD(
    PipelineFixture, "a Discovery that is still being opened at a shutdown asks nobody", "[pipeline]"
) {
    auto& partner = add_partner("p");
    start();
    want("s1");
    stop();
    CHECK(partner.patient_calls == 0);
}

TEST_CASE_METHOD(
    PipelineFixture, "a Subscription that names no patient any more has nobody asked", "[pipeline]"
) {
    add_partner("p").delay = 1h;
    start();
    want("s1");
    advance(1s);
    REQUIRE(discoveries->running() == 1);
    discoveries->want(Interest{"s1", "", "https://app.example", {}});
    advance(1s);
    CHECK(discoveries->running() == 0);
    CHECK(progress().state == DiscoveryState::complete);
}

}  // namespace tributary::pipeline
