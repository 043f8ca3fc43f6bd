#include "fhir/search/date_range.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/operation_input.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_view.hpp"

namespace tributary::api {

namespace {

using cache::NotTold;
using fhir::json::Value;

struct Words {
    std::string_view code, text;
};

constexpr Words kMatched{"matched", "The criteria let this document through."};

Words words(NotTold why) {
    switch (why) {
        case NotTold::other_patient:
            return {
                "other-patient",
                "None of the patients this document is known under is accepted for the criteria."
            };
        case NotTold::filtered:
            return {"filtered", "The filters of the criteria do not let this document through."};
        case NotTold::off:
            return {"off", "The Subscription is off: nothing is counted or sent."};
        case NotTold::before:
            return {
                "not-told",
                "It matches now. When it became known it did not, or the Subscription does not look back."
            };
        case NotTold::not_understood:
            return {"not-understood", "The criteria are not understood any more: update the Subscription."};
    }
    return {};
}

Value parameter(std::string_view name, std::string_view type, Value value) {
    return fhir::json::object({{"name", Value(name)}, {std::string(type), std::move(value)}});
}

Value event_parameter(cache::ExplainedEvent const& event, std::int64_t delivered) {
    using subscriptions::EventKind;
    std::vector<Value> parts;
    parts.push_back(parameter("event-number", "valueString", Value(std::to_string(event.number))));
    parts.push_back(parameter("timestamp", "valueInstant", Value(fhir::search::format_instant(event.at))));
    parts.push_back(
        parameter("kind", "valueCode", Value(event.kind == EventKind::create ? "create" : "update"))
    );
    parts.push_back(parameter("version", "valueString", Value(std::to_string(event.version))));
    bool const sent = event.number <= delivered;
    parts.push_back(parameter("delivered", "valueBoolean", Value(sent)));
    if (event.delivered_at) {
        auto const when = fhir::search::format_instant(*event.delivered_at);
        parts.push_back(parameter("delivered-at", "valueInstant", Value(when)));
    }
    if (event.attempts > 0)
        parts.push_back(parameter("attempts", "valueInteger", Value(static_cast<std::size_t>(event.attempts)))
        );
    return fhir::json::object({{"name", Value("event")}, {"part", fhir::json::array(std::move(parts))}});
}

/// Of the latest Event: whether the app has it.
std::string_view outcome(cache::Explanation const& explanation) {
    if (explanation.events.empty()) return "not-notified";
    return explanation.events.back().number <= explanation.delivered ? "delivered" : "pending";
}

/// As architecture 7 has it: how the latest Event stands, then each Event.
Value answer(cache::Explanation const& explanation) {
    std::vector<Value> parameters;
    auto const& events = explanation.events;
    auto const said = explanation.why_not ? words(*explanation.why_not) : kMatched;
    parameters.push_back(parameter("outcome", "valueCode", Value(outcome(explanation))));
    if (!events.empty()) {
        auto const number = std::to_string(events.back().number);
        auto const attempts = static_cast<std::size_t>(events.back().attempts);
        parameters.push_back(parameter("event-number", "valueString", Value(number)));
        parameters.push_back(parameter("attempt", "valueInteger", Value(attempts)));
    }
    parameters.push_back(parameter("reason", "valueCode", Value(said.code)));
    parameters.push_back(parameter("explanation", "valueString", Value(said.text)));
    parameters.push_back(parameter("notified", "valueBoolean", Value(!events.empty())));
    parameters.push_back(parameter("status", "valueCode", Value(subscriptions::wire(explanation.status))));
    for (auto const& event : explanation.events)
        parameters.push_back(event_parameter(event, explanation.delivered));
    return fhir::json::object(
        {{"resourceType", Value("Parameters")}, {"parameter", fhir::json::array(std::move(parameters))}}
    );
}

/// "DocumentReference/1", "[base]/DocumentReference/1" or "1". Errors: invalid.
Result<std::string> read_document_id(OperationInput const& input, std::string const& base) {
    auto const given = input.values("document");
    if (!given) return given.error();
    if (given->size() != 1)
        return Failure(Errc::invalid, "name one document: $explain?document=[id of a DocumentReference]");
    std::string_view id = given->front();
    if (id.starts_with(base + "/")) id.remove_prefix(base.size() + 1);
    constexpr std::string_view kType = "DocumentReference/";
    if (id.starts_with(kType)) id.remove_prefix(kType.size());
    if (id.find('/') != std::string_view::npos)
        return Failure(Errc::invalid, "document names no DocumentReference of this server: give its id");
    return std::string(id);
}

awaitable<net::ServerResponse> explain(Context const& context, Request request) {
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    auto document = read_document_id(*input, context.settings.base);
    if (!document) co_return failure_response(document.error());
    auto const explanation = co_await context.storage.explain(
        request.caller.scope, request.captures.front(), std::move(*document)
    );
    if (!explanation) co_return failure_response(explanation.error());
    if (auto const there = check_found(explanation->subscription); !there)
        co_return failure_response(there.error());
    if (explanation->document == cache::Presence::unknown)
        co_return failure_response(Failure(Errc::not_found, "no DocumentReference has this id"));
    co_return resource_response(200, answer(*explanation));
}

}  // namespace

void add_explain_routes(Router& router, Context const& context) {
    for (std::string const method : {"GET", "POST"}) {
        router.add(method, "Subscription/{id}/$explain", [&context](Request request) {
            return explain(context, std::move(request));
        });
    }
}

}  // namespace tributary::api
