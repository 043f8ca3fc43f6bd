#include "orchestrator/api/retrieval_refusal.hpp"

#include "fhir/base/outcome_table.hpp"
#include "tests/support/catch.hpp"

namespace tributary::api {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a document above our limit is refused for good, and the limit named", "[api][binary]") {
    auto const refusal = retrieval_refusal(Failure(Errc::too_large, "the body is larger than allowed"));
    CHECK(outcome_of(refusal.errc()).status == 422);
    CHECK(outcome_of(refusal.errc()).issue == "not-supported");
    CHECK_THAT(refusal.detail(), ContainsSubstring("[limits] document_body"));
    CHECK_THAT(refusal.detail(), !ContainsSubstring("again"));
}

TEST_CASE("who is refused what a partner failed to give is told to ask again", "[api][binary]") {
    CHECK(outcome_of(retrieval_refusal(Failure(Errc::timeout)).errc()).status == 504);
    CHECK(outcome_of(retrieval_refusal(Failure(Errc::throttled)).errc()).status == 503);
    auto const unauthorized = Failure(Errc::unauthorized).with_status(401);
    auto const refusal = retrieval_refusal(unauthorized);
    CHECK(outcome_of(refusal.errc()).status == 502);
    CHECK_THAT(refusal.detail(), ContainsSubstring("(HTTP 401): ask again later"));
}

}  // namespace tributary::api
