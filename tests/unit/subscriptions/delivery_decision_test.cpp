#include "subscriptions/delivery_decision.hpp"

#include "tests/support/catch.hpp"

namespace tributary::subscriptions {

using namespace std::chrono_literals;
using Action = Decision::Action;

namespace {

AttemptOutcome answered(unsigned status, std::chrono::seconds retry_after = 0s) {
    return {status, Errc::http_status, retry_after};
}
AttemptOutcome unanswered(Errc errc) { return {0, errc, 0s}; }

}  // namespace

TEST_CASE("any 2xx is a handshake", "[subscriptions][handshake]") {
    for (unsigned const status : {200U, 201U, 202U, 204U, 299U})
        CHECK(decide_handshake({}, 0, 0ms, answered(status)).action == Action::delivered);
}

TEST_CASE(
    "a handshake that may still succeed is tried at 0.25, 1, 4 and 15 seconds, then it is an error",
    "[subscriptions][handshake]"
) {
    for (auto const& outcome :
         {unanswered(Errc::connect),
          unanswered(Errc::timeout),
          answered(404),
          answered(408),
          answered(425),
          answered(429),
          answered(503)}) {
        DeliveryRules const rules;
        INFO(outcome.status);
        CHECK(decide_handshake(rules, 0, 0ms, outcome).wait == 250ms);
        CHECK(decide_handshake(rules, 1, 0ms, outcome).wait == 1s);
        CHECK(decide_handshake(rules, 2, 0ms, outcome).wait == 4s);
        CHECK(decide_handshake(rules, 3, 0ms, outcome).wait == 15s);
        CHECK(decide_handshake(rules, 3, 0ms, outcome).action == Action::retry);
        CHECK(decide_handshake(rules, 4, 0ms, outcome).action == Action::error);
    }
}

TEST_CASE("a handshake that is refused is an error at once", "[subscriptions][handshake]") {
    for (unsigned const status : {301U, 400U, 401U, 403U, 405U, 415U}) {
        INFO(status);
        CHECK(decide_handshake({}, 0, 0ms, answered(status)).action == Action::error);
        CHECK(decide_handshake({}, 0, 0ms, answered(status)).error_code == "error-response");
    }
    CHECK(decide_handshake({}, 0, 0ms, unanswered(Errc::refused_address)).action == Action::error);
}

TEST_CASE("no handshake begins after the time for all of its attempts", "[subscriptions][handshake][C2]") {
    DeliveryRules const rules;
    CHECK(decide_handshake(rules, 3, 44s, unanswered(Errc::timeout)).action == Action::retry);
    CHECK(decide_handshake(rules, 3, 45s, unanswered(Errc::timeout)).action == Action::error);
    CHECK(decide_handshake(rules, 0, 1s, answered(503, 59s)).action == Action::error);
}

TEST_CASE("a topic Subscription in error does not try again by itself", "[subscriptions][C3]") {
    auto const decision = decide_event({}, Kind::topic, Status::error, 0, 0s, unanswered(Errc::timeout), 1);
    CHECK(decision.action == Action::error);
}

TEST_CASE("without handshake retries the first failure is an error", "[subscriptions][handshake]") {
    DeliveryRules rules;
    rules.handshake_retries = 0;
    CHECK(decide_handshake(rules, 0, 0ms, unanswered(Errc::connect)).action == Action::error);
}

TEST_CASE("gone means off, for a handshake as for an event", "[subscriptions][delivery]") {
    CHECK(decide_handshake({}, 0, 0ms, answered(410)).action == Action::off);
    CHECK(decide_event({}, Kind::classic, Status::active, 0, 0s, answered(410), 0).action == Action::off);
}

TEST_CASE(
    "waits between attempts double from a second to a minute, the upper half of each being jitter",
    "[subscriptions][delivery]"
) {
    auto ceiling = 1000ms;
    for (unsigned attempt = 0; attempt < 10; ++attempt) {
        INFO(attempt);
        CHECK(
            decide_event({}, Kind::topic, Status::active, attempt, 0s, answered(500), 0).wait == ceiling / 2
        );
        CHECK(
            decide_event(
                {},
                Kind::topic,
                Status::active,
                attempt,
                0s,
                answered(500),
                static_cast<std::uint64_t>(ceiling.count() / 2)
            )
                .wait == ceiling
        );
        ceiling = std::min<std::chrono::milliseconds>(ceiling * 2, 60s);
    }
}

TEST_CASE("the wait a receiver asks for is honoured within the budget", "[subscriptions][delivery]") {
    DeliveryRules rules;
    rules.retry_for = 100s;
    CHECK(decide_event(rules, Kind::topic, Status::active, 0, 10s, answered(503, 30s), 0).wait == 30s);
    CHECK(decide_event(rules, Kind::topic, Status::active, 0, 10s, answered(429, 3600s), 0).wait == 90s);
    CHECK(decide_event(rules, Kind::topic, Status::active, 0, 10s, answered(500, 30s), 0).wait < 2s);
}

TEST_CASE("an Event that used up its budget is an error that says why", "[subscriptions][delivery]") {
    DeliveryRules rules;
    rules.retry_for = 60s;
    auto const decide = [&](AttemptOutcome const& outcome, std::chrono::seconds tried_for) {
        return decide_event(rules, Kind::topic, Status::active, 5, tried_for, outcome, 0);
    };
    CHECK(decide(answered(500), 59s).action == Action::retry);
    CHECK(decide(answered(500), 60s).action == Action::error);
    CHECK(decide(answered(500), 60s).error_code == "error-response");
    CHECK(decide(unanswered(Errc::timeout), 60s).error_code == "no-response");
    CHECK(decide(unanswered(Errc::dns), 60s).error_code == "dns-resolution-error");
    CHECK_FALSE(error_text("dns-resolution-error", 0).empty());
    CHECK(error_text("error-response", 503) == "The endpoint answered with HTTP 503");
}

TEST_CASE(
    "a classic Subscription in error is tried on, at most a minute apart", "[subscriptions][delivery]"
) {
    auto const decision = decide_event({}, Kind::classic, Status::error, 40, 3600s, answered(503, 3600s), 7);
    CHECK(decision.action == Action::retry);
    CHECK(decision.wait <= 60s);
    CHECK(decision.wait >= 30s);
}

TEST_CASE(
    "a receiver is told of the end on topics of DSUBm, elsewhere where the deployment says so",
    "[subscriptions][E5]"
) {
    Plan ihe;
    ihe.kind = Kind::topic;
    ihe.ihe = true;
    Plan ours;
    ours.kind = Kind::topic;
    Rules telling;
    telling.deactivation_notice = true;
    CHECK(tells_of_deactivation(ihe, Rules()));
    CHECK_FALSE(tells_of_deactivation(ours, Rules()));
    CHECK(tells_of_deactivation(ours, telling));
    CHECK_FALSE(tells_of_deactivation(Plan(), telling));
}

}  // namespace tributary::subscriptions
