#include "orchestrator/api/completeness.hpp"

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

cache::Progress progress(cache::DiscoveryState state) {
    cache::Progress progress;
    progress.state = state;
    progress.asked = 8;
    progress.answered = 5;
    progress.matched = 3;
    progress.failed = 1;
    progress.pending = 2;
    progress.issues = {{"Riverside Health", "timeout"}};
    return progress;
}

}  // namespace

TEST_CASE("a complete answer of every partner needs no word", "[api]") {
    cache::Progress all;
    all.state = cache::DiscoveryState::complete;
    all.asked = all.answered = 8;
    CHECK_FALSE(completeness_outcome(all, "http://t.example"));
}

TEST_CASE("while partners are asked the answer says so and how many", "[api]") {
    auto const outcome = completeness_outcome(progress(cache::DiscoveryState::running), "http://t.example");
    REQUIRE(outcome);
    auto const& issues = outcome->items("issue");
    REQUIRE(issues.size() == 2);
    CHECK(issues[0].text("severity") == "information");
    CHECK(issues[0].text("code") == "incomplete");
    CHECK(issues[1].text("severity") == "warning");
    CHECK(issues[1].text("code") == "timeout");
    auto const& extension = issues[0].items("extension").at(0);
    CHECK(extension.text("url") == "http://t.example/StructureDefinition/discovery-progress");
    auto const& parts = extension.items("extension");
    REQUIRE(parts.size() == 6);
    CHECK(parts[0].text("valueCode") == "running");
    CHECK(*parts[1].find("valueUnsignedInt") == fhir::json::Value(8));
    CHECK(*parts[5].find("valueUnsignedInt") == fhir::json::Value(2));
}

TEST_CASE("what failed is still told after the end, as a warning", "[api]") {
    auto const outcome = completeness_outcome(progress(cache::DiscoveryState::complete), "http://t.example");
    REQUIRE(outcome);
    CHECK(outcome->items("issue").at(0).text("severity") == "warning");
}

TEST_CASE("a patient never asked for is told as none, with what to do", "[api]") {
    auto const outcome = completeness_outcome(cache::Progress(), "http://t.example");
    REQUIRE(outcome);
    auto const& issue = outcome->items("issue").at(0);
    CHECK(issue.text("severity") == "warning");
    CHECK(issue.items("extension").at(0).items("extension").at(0).text("valueCode") == "none");
    CHECK_THAT(std::string(issue.text("diagnostics")), Catch::Matchers::ContainsSubstring("Subscription"));
}

}  // namespace tributary::api
