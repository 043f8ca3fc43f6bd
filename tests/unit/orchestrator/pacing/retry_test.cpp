#include "orchestrator/pacing/retry.hpp"

#include "tests/support/catch.hpp"

namespace tributary::pacing {

using namespace std::chrono_literals;

namespace {

Failure status(unsigned code) { return Failure(Errc::http_status).with_status(code); }

}  // namespace

TEST_CASE("only what may succeed in a moment is tried again", "[pacing]") {
    for (auto errc : {Errc::timeout, Errc::connect, Errc::dns, Errc::tls, Errc::protocol}) {
        INFO(make_error_code(errc).message());
        CHECK(classify(Failure(errc)).retryable);
        CHECK(classify(Failure(errc)).partner_failed);
    }
    for (unsigned code : {408U, 429U, 500U, 502U, 503U, 504U}) {
        INFO(code);
        CHECK(classify(status(code)).retryable);
        CHECK(classify(status(code)).partner_failed);
    }
    for (unsigned code : {400U, 404U, 406U, 410U, 422U}) {
        INFO(code);
        CHECK_FALSE(classify(status(code)).retryable);
        CHECK_FALSE(classify(status(code)).partner_failed);
    }
    CHECK_FALSE(classify(Failure(Errc::too_large)).retryable);
    CHECK_FALSE(classify(Failure(Errc::forbidden)).retryable);
}

TEST_CASE("a failure is told by the code of its class", "[pacing]") {
    CHECK(classify(Failure(Errc::timeout)).issue == "timeout");
    CHECK(classify(status(408)).issue == "timeout");
    CHECK(classify(status(429)).issue == "throttled");
    CHECK(classify(Failure(Errc::throttled)).issue == "throttled");
    CHECK(classify(Failure(Errc::connect)).issue == "transient");
    CHECK(classify(status(503)).issue == "transient");
    CHECK(classify(Failure(Errc::forbidden)).issue == "forbidden");
    CHECK(classify(status(401)).issue == "forbidden");
    CHECK(classify(status(403)).issue == "forbidden");
    CHECK(classify(status(400)).issue == "exception");
    CHECK(classify(Failure(Errc::invalid)).issue == "exception");
    CHECK(classify(Failure(Errc::bug)).issue == "exception");
}

TEST_CASE("an endpoint that is not there may come back, a refusal does not", "[pacing]") {
    CHECK(classify(status(404)).may_pass);
    CHECK(classify(Failure(Errc::timeout)).may_pass);
    CHECK(classify(Failure(Errc::storage)).may_pass);
    CHECK_FALSE(classify(status(403)).may_pass);
    CHECK_FALSE(classify(status(400)).may_pass);
}

TEST_CASE("waits grow from 2 over 8 to 30 seconds, between their half and their whole", "[pacing]") {
    CHECK(retry_delay(1, 0s, 0) == 1s);
    CHECK(retry_delay(1, 0s, 1) == 2s);
    CHECK(retry_delay(2, 0s, 0.5) == 6s);
    CHECK(retry_delay(3, 0s, 1) == 30s);
    CHECK(retry_delay(9, 0s, 1) == 30s);
}

TEST_CASE("a wait is never shorter than the partner asked for", "[pacing]") {
    CHECK(retry_delay(1, 17s, 1) == 17s);
    CHECK(retry_delay(3, 1s, 1) == 30s);
}

TEST_CASE("owed Exchanges are run again after 30 seconds, doubling to 15 minutes", "[pacing]") {
    CHECK(owed_delay(1) == 30s);
    CHECK(owed_delay(2) == 60s);
    CHECK(owed_delay(5) == 8min);
    CHECK(owed_delay(6) == 15min);
    CHECK(owed_delay(60) == 15min);
}

}  // namespace tributary::pacing
