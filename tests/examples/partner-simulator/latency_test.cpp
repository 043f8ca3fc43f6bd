#include "examples/partner-simulator/latency.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr std::uint64_t kSeed = 20260701;

/// The times of four thousand calls of that kind at a community of pace 1, in order.
std::vector<double> sorted_times(Step step, bool found = true, std::size_t bytes = 0) {
    Community const community{"p001", "", "", ""};
    std::vector<double> times;
    for (int i = 0; i < 4000; ++i) {
        auto const target = std::to_string(i);
        times.push_back(latency_of(kSeed, community, {step, target, found, bytes}).count());
    }
    std::sort(times.begin(), times.end());
    return times;
}

double at(std::vector<double> const& sorted, double quantile) {
    return sorted.at(static_cast<std::size_t>(quantile * static_cast<double>(sorted.size())));
}

}  // namespace

TEST_CASE("latencies have the medians and the tails of the model", "[simulator]") {
    auto const hit = sorted_times(Step::patient_discovery);
    CHECK(at(hit, .5) == Approx(1.5).epsilon(.07));
    CHECK(at(hit, .95) == Approx(5).epsilon(.15));
    CHECK(std::count_if(hit.begin(), hit.end(), [](double time) { return time > 20; }) > 20);
    CHECK(hit.back() < 70);
    CHECK(at(sorted_times(Step::patient_discovery, false), .5) == Approx(1).epsilon(.07));
    CHECK(at(sorted_times(Step::query_documents), .5) == Approx(2).epsilon(.07));
    CHECK(at(sorted_times(Step::retrieve_document, true, 4'000'000), .5) == Approx(2.6).epsilon(.07));
    CHECK(at(sorted_times(Step::token), .5) == Approx(.15).epsilon(.07));
}

TEST_CASE("a slow community takes eight times the time, and a site of slow pace its factor", "[simulator]") {
    Community community{"p001", "", "", ""};
    Call const call{Step::query_documents, "a"};
    auto const usual = latency_of(kSeed, community, call).count();
    community.behaviour.health = Health::slow;
    CHECK(latency_of(kSeed, community, call).count() == Approx(8 * usual));
    community.behaviour.health = Health::healthy;
    community.behaviour.pace = 1.5;
    CHECK(latency_of(kSeed, community, call).count() == Approx(1.5 * usual));
}

TEST_CASE("a latency depends on seed, community and question, and on nothing else", "[simulator]") {
    Community const community{"p001", "", "", ""}, other{"p002", "", "", ""};
    Call const call{Step::patient_discovery, "a"}, further{Step::patient_discovery, "b"};
    CHECK(latency_of(1, community, call) == latency_of(1, community, call));
    CHECK(latency_of(1, community, call) != latency_of(2, community, call));
    CHECK(latency_of(1, community, call) != latency_of(1, other, call));
    CHECK(latency_of(1, community, call) != latency_of(1, community, further));
    CHECK(latency_of(1, community, {Step::none, "a"}).count() == 0);
}

TEST_CASE("scripted times stand in for the model, give or take a tenth", "[simulator]") {
    Community community{"p001", "", "", ""};
    community.behaviour.scripted = ScriptedLatency{std::chrono::milliseconds(4000), {}, {}};
    auto const time = latency_of(kSeed, community, {Step::patient_discovery, "a"}).count();
    CHECK(time >= 3.6);
    CHECK(time <= 4.4);
    CHECK(latency_of(kSeed, community, {Step::patient_discovery, "b"}).count() != time);
    CHECK(latency_of(kSeed, community, {Step::query_documents, "a"}).count() == 0);
}

}  // namespace tributary::simulator
