#include "orchestrator/pipeline/capability_probe.hpp"

#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

namespace {

struct ProbeFixture : PipelineFixture {
    ~ProbeFixture() {
        if (!probe) return;
        probe->cancel();
        run(probe_stopped());
    }
    awaitable<bool> probe_stopped() {
        co_await probe->stop();
        co_return true;
    }
    void begin() {
        start();
        probe = std::make_unique<CapabilityProbe>(ctx.get_executor(), clock, partners, *calls, Logger());
        probe->start();
        settle();
    }
    std::unique_ptr<CapabilityProbe> probe;
};

}  // namespace

TEST_CASE_METHOD(
    ProbeFixture,
    "CapabilityStatements are read at the start and then daily, where auto needs them",
    "[probe]"
) {
    auto& automatic = add_partner("a");
    auto& search =
        add_partner("s", [](auto& settings) { settings.discovery = partner::DiscoveryMethod::search; });
    begin();
    advance(1s);
    CHECK(automatic.probes == 1);
    CHECK(search.probes == 0);
    advance(11h);
    CHECK(automatic.probes == 1);
    advance(14h);  // a day is from 12 to 24 h long
    CHECK(automatic.probes >= 2);
    CHECK(automatic.probes <= 3);
}

TEST_CASE_METHOD(ProbeFixture, "one that fails is read again soon, and opens no breaker", "[probe]") {
    auto& failing = add_partner("a", [](auto& settings) { settings.breaker_failures = 1; });
    failing.probe_failures.assign(2, Failure(Errc::connect));
    begin();
    advance(1s);
    CHECK(failing.probes == 1);
    CHECK(partners[0]->lane().available());
    advance(40s);
    CHECK(failing.probes == 2);
    advance(70s);
    CHECK(failing.probes == 3);
    advance(2h);
    CHECK(failing.probes == 3);
}

TEST_CASE_METHOD(ProbeFixture, "few are read at once, and each in its Lane", "[probe]") {
    for (int i = 0; i < 100; ++i) add_partner("p" + std::to_string(i)).delay = 5s;
    begin();
    advance(2s);
    std::size_t running = 0;
    for (auto const& partner : partners) running += partner->lane().figures().running;
    CHECK(running == 32);
    advance(30s);
    for (auto const& partner : partners) CHECK(partner->lane().figures().running == 0);
}

TEST_CASE_METHOD(ProbeFixture, "one that does not answer is given up after probe_timeout", "[probe]") {
    auto& slow = add_partner("a", [](auto& settings) { settings.probe_timeout = 2s; });
    slow.delay = 1h;
    begin();
    advance(1900ms);
    CHECK(partners[0]->lane().figures().running == 1);
    advance(200ms);
    CHECK(partners[0]->lane().figures().running == 0);
}

}  // namespace tributary::pipeline
