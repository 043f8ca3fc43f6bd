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

}  // namespace tributary::pipeline
