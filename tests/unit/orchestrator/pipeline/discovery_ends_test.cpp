#include "tests/support/file_size_limit.hpp"
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

TEST_CASE_METHOD(
    PipelineFixture,
    "a Discovery that is wanted again is not told as ended, however late its end is stored",
    "[pipeline][storage]"
) {
    add_partner("p").delay = 1h;
    start();
    want("s1");
    advance(1s);
    {
        FileSizeLimit const full(1);
        discoveries->unwant("s1");
        advance(1s);
    }
    want("s2");
    settle();
    REQUIRE(progress().state == DiscoveryState::running);
    advance(10s);
    CHECK(progress().state == DiscoveryState::running);
    CHECK(progress().pending == 1);
    SECTION("and it is once nobody wants it any more") {
        discoveries->unwant("s2");
        advance(10s);
        CHECK(progress().state == DiscoveryState::complete);
    }
}

}  // namespace tributary::pipeline
