#include "fhir/resources/operation_outcome.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir {

TEST_CASE("each Failure becomes an issue with severity, code, words and place", "[outcome]") {
    std::vector<Failure> const failures{
        Failure(Errc::required, "say who").at("Subscription.criteria"), Failure(Errc::throttled)
    };
    CHECK(
        json::write(make_operation_outcome(failures)) ==
        R"({"resourceType":"OperationOutcome","issue":[)"
        R"({"severity":"error","code":"required","diagnostics":"say who","expression":["Subscription.criteria"]},)"
        R"({"severity":"error","code":"throttled","diagnostics":"throttled"}]})"
    );
}

TEST_CASE("an OperationOutcome without issues says that all is well, since one is required", "[outcome]") {
    auto const outcome = make_operation_outcome(std::span<Issue const>());
    REQUIRE(outcome.items("issue").size() == 1);
    CHECK(outcome.items("issue")[0].text("severity") == "information");
}

TEST_CASE("the words of a partner's issue are found where servers put them", "[outcome]") {
    auto const issues = read_operation_outcome(*json::read(
        R"({"issue":[{"severity":"error","code":"login","diagnostics":"d"},{"severity":"warning","details":{"text":"t"}},
            {"details":{"coding":[{"display":"c"}]}},{"severity":7}]})"
    ));
    REQUIRE(issues.size() == 4);
    CHECK(issues[0].code == "login");
    CHECK(issues[0].diagnostics == "d");
    CHECK(issues[1].diagnostics == "t");
    CHECK(issues[2].diagnostics == "c");
    CHECK(issues[3].severity.empty());
}

}  // namespace tributary::fhir
