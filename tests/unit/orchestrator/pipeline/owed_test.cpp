#include "tests/support/file_size_limit.hpp"
#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

using cache::DiscoveryState;

namespace {

std::vector<Failure> times(std::size_t count, Failure const& failure) {
    return std::vector<Failure>(count, failure);
}

struct OwedFixture : PipelineFixture {
    FakeCommunity& partner = add_partner("p", [](auto& settings) { settings.attempts = 1; });
    OwedFixture() { partner.pages = {documents({"a"})}; }
};

}  // namespace

TEST_CASE_METHOD(
    OwedFixture,
    "an Exchange that failed for a moment counts as failed now and is run again",
    "[pipeline][owed]"
) {
    partner.patient_failures = {Failure(Errc::timeout)};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(progress().failed == 1);
    CHECK(issue_of("p") == "timeout");
    CHECK(discoveries->running() == 0);
    advance(30s);
    CHECK(events("s1") == 1);
    CHECK(progress().failed == 0);
    CHECK(progress().answered == 1);
}

TEST_CASE_METHOD(
    OwedFixture, "an owed Exchange is run after 30 seconds, then each time twice as late", "[pipeline][owed]"
) {
    partner.patient_failures = times(4, Failure(Errc::http_status).with_status(404));
    start();
    subscribe("s1");
    advance(29s);
    CHECK(partner.patient_calls == 1);
    advance(2s);
    CHECK(partner.patient_calls == 2);
    advance(60s);
    CHECK(partner.patient_calls == 3);
    advance(119s);
    CHECK(partner.patient_calls == 3);
    advance(2s);
    CHECK(partner.patient_calls == 4);
}

TEST_CASE_METHOD(
    OwedFixture,
    "an owed Exchange is run when the partner answers somebody else's question",
    "[pipeline][owed]"
) {
    partner.patient_failures = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 0);
    discoveries->want(Interest{"other", "", "https://b.example", {{{"family", "", {"jones"}}}, {}}});
    advance(1s);
    CHECK(partner.patient_calls == 3);
    CHECK(events("s1") == 1);
}

TEST_CASE_METHOD(OwedFixture, "a refusal is not owed", "[pipeline][owed]") {
    partner.patient_failures = {Failure(Errc::forbidden).with_status(403)};
    start();
    subscribe("s1");
    advance(1h);
    CHECK(partner.patient_calls == 1);
    CHECK(issue_of("p") == "forbidden");
}

TEST_CASE_METHOD(OwedFixture, "nothing is owed to a Subscription that is gone", "[pipeline][owed]") {
    partner.patient_failures = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(1s);
    discoveries->unwant("s1");
    advance(1h);
    CHECK(partner.patient_calls == 1);
    CHECK(partners[0]->lane().figures().owed == 0);
}

TEST_CASE_METHOD(
    OwedFixture, "a new Subscription has the owed partners asked at once, and only them", "[pipeline][owed]"
) {
    auto& fine = add_partner("fine");
    partner.patient_failures = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(1s);
    subscribe("s2");
    advance(1s);
    CHECK(partner.patient_calls == 2);
    CHECK(fine.patient_calls == 1);
    CHECK(events("s1") == 1);
    CHECK(events("s2") == 1);
}

TEST_CASE_METHOD(
    PipelineFixture,
    "an open breaker fails PD at once, and its probe lets all that is owed come",
    "[pipeline][owed]"
) {
    auto& down = add_partner("down", [](auto& settings) {
        settings.attempts = 1;
        settings.breaker_failures = 1;
    });
    down.pages = {documents({"a"})};
    down.patient_failures = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(1s);
    discoveries->want(Interest{"other", "", "https://b.example", {{{"family", "", {"jones"}}}, {}}});
    advance(1s);
    CHECK(down.patient_calls == 1);
    CHECK(discoveries->running() == 0);
    advance(57s);
    CHECK(down.patient_calls == 1);
    advance(2s);
    CHECK(down.patient_calls == 3);
    CHECK(events("s1") == 1);
    CHECK(partners[0]->lane().figures().owed == 0);
}

TEST_CASE_METHOD(
    PipelineFixture,
    "what a spent retry budget keeps from being repeated is owed, not lost",
    "[pipeline][owed]"
) {
    auto& partner = add_partner("p", [](auto& settings) {
        settings.retry_share = 0;
        settings.breaker_failures = 1000;
    });
    partner.pages = {documents({"a"})};
    partner.patient_failures.assign(30, Failure(Errc::http_status).with_status(500));
    start();
    for (int i = 0; i < 20; ++i) {
        auto const name = "family" + std::to_string(i);
        discoveries->want(Interest{name, "", "https://b.example", {{{"family", "", {name}}}, {}}});
    }
    advance(20s);
    CHECK(partner.patient_calls == 30);
    CHECK(discoveries->running() == 0);
    CHECK(partners[0]->lane().figures().owed == 20);
    advance(30s);
    CHECK(partner.patient_calls == 50);
    CHECK(partners[0]->lane().figures().owed == 0);
}

TEST_CASE_METHOD(PipelineFixture, "a full Lane makes a Discovery owed, not lost", "[pipeline][owed]") {
    auto& partner = add_partner("p", [](auto& settings) {
        settings.lane_queue = 1;
        settings.max_concurrent = 1;
    });
    partner.delay = 5s;
    start();
    for (std::string const name : {"jones", "miller", "brown"}) {
        discoveries->want(Interest{name, "", "https://b.example", {{{"family", "", {name}}}, {}}});
        settle();
    }
    CHECK(partners[0]->lane().figures().owed == 1);
    advance(60s);
    CHECK(partner.patient_calls == 3);
    CHECK(partners[0]->lane().figures().owed == 0);
}

TEST_CASE_METHOD(
    PipelineFixture, "the end of a Discovery is stored however long the disk is full", "[pipeline][storage]"
) {
    auto& partner = add_partner("p");
    partner.people.clear();
    partner.delay = 1min;
    start();
    subscribe("s1");
    advance(1s);
    {
        FileSizeLimit const full(1);
        advance(10min);
    }
    CHECK(progress().pending == 1);
    advance(10s);
    CHECK(progress().pending == 0);
    CHECK(progress().answered == 1);
    CHECK(progress().state == cache::DiscoveryState::complete);
}

}  // namespace tributary::pipeline
