#include "subscriptions/delivery_decision.hpp"

#include <algorithm>
#include <array>

namespace tributary::subscriptions {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Action = Decision::Action;

constexpr std::array kHandshakeWaits{
    milliseconds(250), milliseconds(1000), milliseconds(4000), milliseconds(15000)
};
constexpr seconds kLongestWait{60};
constexpr std::string_view kNoResponse = "no-response";
constexpr std::string_view kErrorResponse = "error-response";
constexpr std::string_view kDns = "dns-resolution-error";
constexpr unsigned kGone = 410;

bool may_pass(AttemptOutcome const& outcome) {
    auto const status = outcome.status;
    if (status == 0) return outcome.errc != Errc::refused_address;
    return status == 404 || status == 408 || status == 425 || status == 429 || status >= 500;
}

/// What the receiver asked for, where it may ask.
milliseconds asked_wait(AttemptOutcome const& outcome, milliseconds cap) {
    if (outcome.status != 429 && outcome.status != 503) return milliseconds(0);
    return std::min<milliseconds>(outcome.retry_after, cap);
}

/// 1 s doubling to 60 s; the upper half is jitter.
milliseconds backoff(unsigned attempt, std::uint64_t random) {
    milliseconds const ceiling = attempt >= 6 ? kLongestWait : seconds(1U << attempt);
    auto const half = static_cast<std::uint64_t>(ceiling.count()) / 2;
    return milliseconds(half + random % (half + 1));
}

}  // namespace

std::string_view error_code(AttemptOutcome const& outcome) {
    if (outcome.status != 0) return kErrorResponse;
    return outcome.errc == Errc::dns ? kDns : kNoResponse;
}

Decision decide_handshake(
    DeliveryRules const& rules, unsigned attempt, milliseconds tried_for, AttemptOutcome const& outcome
) {
    if (outcome.delivered()) return {};
    if (outcome.status == kGone) return {Action::off, {}, kErrorResponse};
    if (!may_pass(outcome) || attempt >= rules.handshake_retries)
        return {Action::error, {}, error_code(outcome)};
    auto const scheduled = kHandshakeWaits[std::min<std::size_t>(attempt, kHandshakeWaits.size() - 1)];
    auto const wait = std::max(scheduled, asked_wait(outcome, kLongestWait));
    if (tried_for + wait >= rules.handshake_within) return {Action::error, {}, error_code(outcome)};
    return {Action::retry, wait, error_code(outcome)};
}

Decision decide_event(
    DeliveryRules const& rules,
    Kind kind,
    Status status,
    unsigned attempt,
    milliseconds tried_for,
    AttemptOutcome const& outcome,
    std::uint64_t random
) {
    if (outcome.delivered()) return {};
    if (outcome.status == kGone) return {Action::off, {}, kErrorResponse};
    auto const wait = std::max(backoff(attempt, random), asked_wait(outcome, rules.retry_for));
    if (status == Status::error && kind == Kind::classic)
        return {Action::retry, std::min<milliseconds>(wait, kLongestWait), error_code(outcome)};
    if (tried_for >= rules.retry_for || status == Status::error)
        return {Action::error, std::min<milliseconds>(wait, kLongestWait), error_code(outcome)};
    // The last attempt is made when the budget ends, not a whole wait before it.
    return {Action::retry, std::min<milliseconds>(wait, rules.retry_for - tried_for), error_code(outcome)};
}

bool tells_of_deactivation(Plan const& plan, Rules const& rules) {
    return plan.kind == Kind::topic && (plan.ihe || rules.deactivation_notice);
}

std::string error_text(std::string_view error_code, unsigned status) {
    if (error_code == kDns) return "The host name of the endpoint cannot be resolved";
    if (error_code == kErrorResponse) return "The endpoint answered with HTTP " + std::to_string(status);
    if (error_code == kNoResponse) return "The endpoint does not answer";
    return {};
}

}  // namespace tributary::subscriptions
