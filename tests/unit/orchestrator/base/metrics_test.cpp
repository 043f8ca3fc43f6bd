#include "orchestrator/base/metrics.hpp"

#include "tests/support/catch.hpp"

namespace tributary {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("the same name and labels are one metric, other labels another", "[metrics]") {
    Metrics metrics;
    auto& calls = metrics.counter("tributary_calls_total", "Calls.", {{"partner", "p001"}});
    calls.add();
    metrics.counter("tributary_calls_total", "Calls.", {{"partner", "p001"}}).add(2);
    metrics.counter("tributary_calls_total", "Calls.", {{"partner", "p002"}}).add();
    CHECK(calls.value() == 3);
    CHECK_THAT(metrics.text(), ContainsSubstring("tributary_calls_total{partner=\"p001\"} 3"));
    CHECK_THAT(metrics.text(), ContainsSubstring("tributary_calls_total{partner=\"p002\"} 1"));
}

TEST_CASE("gauges and histograms appear in the text", "[metrics]") {
    Metrics metrics;
    auto& open = metrics.gauge("tributary_open", "Open.");
    open.set(5);
    open.add(-2);
    metrics.histogram("tributary_wait_seconds", "Wait.", {0.1, 1}).observe(0.5);
    CHECK(open.value() == 3);
    CHECK_THAT(metrics.text(), ContainsSubstring("tributary_open 3"));
    CHECK_THAT(metrics.text(), ContainsSubstring("tributary_wait_seconds_bucket{le=\"0.1\"} 0"));
    CHECK_THAT(metrics.text(), ContainsSubstring("tributary_wait_seconds_bucket{le=\"1\"} 1"));
}

}  // namespace tributary
