#include "examples/partner-simulator/faults.hpp"

#include <array>
#include <string>

#include "examples/partner-simulator/hash.hpp"
#include "examples/partner-simulator/resources.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/net/http_date.hpp"

namespace tributary::simulator {
namespace {

constexpr char kFhirJson[] = "application/fhir+json";
constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kFault[] = "the scripted fault of this community";
constexpr char kRetryAfter[] = "1";
constexpr std::chrono::seconds kRetryAfterDate(2);  // a date has whole seconds: at least one is left
constexpr double kFlaky = .2;
constexpr unsigned kFlakyOnce = 2, kFlakyRound = 12;

net::ServerResponse unavailable() {
    auto answer = refusal(503, "transient", kFault);
    answer.headers.set("Retry-After", kRetryAfter);
    return answer;
}

net::ServerResponse hang_up() {
    net::ServerResponse answer;
    answer.hang_up = true;
    return answer;
}

/// Only the first two of every dozen attempts may fail, so that whoever tries three times gets there, even where several clients ask the same in turns.
std::optional<net::ServerResponse> flaky_fault(
    std::uint64_t seed, Community const& community, std::string_view target, unsigned attempt
) {
    if (attempt % kFlakyRound >= kFlakyOnce) return std::nullopt;
    auto const number = std::to_string(attempt);
    if (draw(seed, {community.id, "flaky", target, number}) >= kFlaky) return std::nullopt;
    return draw(seed, {community.id, "flaky-form", target, number}) < .5 ? unavailable() : hang_up();
}

/// One of the kinds in server-responses/shaped from which a client can learn nothing.
net::ServerResponse malformed_answer(double drawn) {
    struct Kind {
        unsigned status;
        char const *content_type, *body;
    };
    static constexpr std::array<Kind, 7> kKinds = {{
        {200,
         kFhirJson,
         R"({"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Docu)"},
        {200, kFhirJson, ""},
        {200, kFhirJson, R"([{"resourceType":"Bundle","type":"searchset","entry":[]}])"},
        {200,
         kFhirJson,
         R"({"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"exception","diagnostics":"NullPointerException"}]})"
        },
        {200,
         kHtml,
         "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form "
         "method=post></form></body></html>"},
        {204, kFhirJson, ""},
        {502, kHtml, "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"},
    }};
    auto const& kind = kKinds.at(static_cast<std::size_t>(drawn * kKinds.size()));
    return net::ServerResponse(kind.status, kind.content_type, kind.body);
}

}  // namespace

std::optional<net::ServerResponse> fault_of(
    std::uint64_t seed, Community const& community, std::string_view target, unsigned attempt
) {
    switch (community.behaviour.health) {
        case Health::unavailable:
            return unavailable();
        case Health::down:
            return hang_up();
        case Health::flaky:
            return flaky_fault(seed, community, target, attempt);
        case Health::malformed:
            return malformed_answer(draw(seed, {community.id, "malformed", target}));
        case Health::healthy:
        case Health::slow:
            break;
    }
    return std::nullopt;
}

net::ServerResponse too_many_requests(RetryAfter form, std::chrono::system_clock::time_point now) {
    auto answer = refusal(429, "throttled", "too many requests at once");
    bool const date = form == RetryAfter::http_date;
    answer.headers.set("Retry-After", date ? net::http_date(now + kRetryAfterDate) : kRetryAfter);
    return answer;
}

net::ServerResponse refusal(unsigned status, std::string_view code, std::string_view diagnostics) {
    return net::ServerResponse(
        status, kFhirJson, fhir::json::write(operation_outcome("error", code, diagnostics))
    );
}

}  // namespace tributary::simulator
