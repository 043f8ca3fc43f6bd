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

TEST_CASE_METHOD(
    PipelineFixture,
    "a refresh that falls due while a Discovery is opened does not make that one a refresh",
    "[pipeline]"
) {
    discovery.refresh = 1h;
    auto& partner = add_partner("p", [](auto& settings) { settings.attempts = 1; });
    partner.pages = {documents({"a"})};
    partner.retrieve_failures = {Failure(Errc::forbidden).with_status(403)};
    start();
    subscribe("s1");
    auto const due = clock.now() + 2 * partner.delay + discovery.refresh;
    advance(59min);
    REQUIRE(partner.patient_calls == 1);
    REQUIRE(partner.retrieved.size() == 1);
    // The writer is busy until the appointment is kept.
    auto keep_busy = [&]() -> awaitable<void> {
        co_await clock.sleep_until(due);
        std::vector<cache::CallRow> rows(20'000);
        for (auto& row : rows) row.partner = row.step = row.outcome = "p";
        (void)co_await storage->record_calls(std::move(rows));
    };
    auto want_another = [&]() -> awaitable<void> {
        co_await clock.sleep_until(due);
        want("s2");
    };
    async::Root busy(ctx), other(ctx);
    busy.start(keep_busy());
    other.start(want_another());
    advance(2min);
    REQUIRE(busy.succeeded());
    REQUIRE(other.succeeded());
    CHECK(partner.retrieved.size() == 2);
    CHECK(partner.patient_calls == 2);
    SECTION("and comes when that one is old") {
        advance(1h);
        CHECK(partner.patient_calls == 3);
    }
}

TEST_CASE_METHOD(
    PipelineFixture,
    "a Discovery is late even where that could not be stored at its deadline",
    "[pipeline][storage]"
) {
    discovery.deadline = 20s;
    add_partner("slow").delay = 1h;
    start();
    subscribe("s1");
    advance(19s);
    {
        FileSizeLimit const full(1);
        advance(5s);
    }
    advance(10s);
    CHECK(progress().state == DiscoveryState::late);
}

}  // namespace tributary::pipeline
