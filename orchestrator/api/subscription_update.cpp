#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/api/endpoint_check.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_writing.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using subscriptions::Status;

/// Empty: somebody else changed the Subscription meanwhile, nothing is written.
using Written = std::optional<net::ServerResponse>;

/// A client's update beside what it updates.
struct Update {
    Value sent;                       ///< as the client wrote it
    Value merged;                     ///< with the stored values of masked headers
    cache::SubscriptionRecord found;  ///< what it was decided upon: written only at this very version
};

cache::ReplaceSubscription replacement(Context const& context, Request const& request, Update const& update) {
    cache::ReplaceSubscription change;
    change.scope = request.caller.scope;
    change.id = update.found.id;
    change.resource = fhir::json::write(subscriptions::stored_subscription(update.merged));
    change.version = update.found.version;
    change.now = context.clock.utc_now();
    return change;
}

/// What is not the URL of a server differs from everything else.
std::string receiver_of(Value const& subscription) {
    auto const* const channel = subscription.find("channel");
    std::string const endpoint(channel == nullptr ? std::string_view() : channel->text("endpoint"));
    auto const url = net::parse_url(endpoint);
    return url ? url->origin() : endpoint;
}

/// With the stored values of masked headers. A secret stays with the receiver it was written for: whoever may change the endpoint need not know it.
/// Errors: value. Source: subscriptions D2.
Result<Value> with_known_headers(Value const& sent, Value const& stored) {
    auto const receiver = receiver_of(sent);
    if (receiver.empty() || receiver == receiver_of(stored))
        return subscriptions::with_stored_headers(sent, stored);
    auto written = subscriptions::with_stored_headers(sent, Value());
    if (written) return written;
    auto const masked = written.error();
    return Failure(
               Errc::value,
               "write the value again: a masked one is kept for the scheme, host and port it was written for"
    )
        .at(masked.expression());
}

/// Off: nothing more is sent or counted.
awaitable<Written> turn_off(Context const& context, Request const& request, Update const& update) {
    cache::StatusChange change;
    change.id = update.found.id;
    change.status = Status::off;
    change.version = update.found.version;
    change.now = context.clock.utc_now();
    auto const outcome = co_await context.storage.change_status(std::move(change));
    if (!outcome) co_return failure_response(outcome.error());
    if (!outcome->changed) co_return Written();
    std::string const id = update.found.id;
    context.deliveries.deactivate(id);
    context.discoveries.unwant(id);
    auto response = written(context, request, Write::update, outcome->record, nullptr);
    response.after_write = [&deliveries = context.deliveries, id] { deliveries.wake({id}); };
    co_return response;
}

/// What is asked for stays, `end`, `reason`, `contact` … change: nothing sent is sent again, and a handshake only where it is under way.
awaitable<Written> amend(Context const& context, Request const& request, Update const& update) {
    auto change = replacement(context, request, update);
    auto const outcome = co_await context.storage.replace_subscription(std::move(change));
    if (!outcome) co_return failure_response(outcome.error());
    if (!outcome->changed) co_return Written();
    auto response = written(context, request, Write::update, outcome->record, &update.sent);
    response.after_write = [&deliveries = context.deliveries, id = update.found.id] {
        deliveries.wake({id});  // what an `end` in the past held back goes on
    };
    co_return response;
}

/// Other content, or a re-activation: validated like a create, counter and queue stay (subscriptions C1 T7, T11, T12).
awaitable<Written> replace(
    Context const& context,
    Request const& request,
    Update const& update,
    subscriptions::Reading const& reading
) {
    auto const allowed = co_await check_endpoint(context, reading.plan);
    if (!allowed) co_return failure_response(allowed.error());
    auto query = co_await discovery_query(context, request.caller.scope, reading.plan);
    if (!query) co_return failure_response(query.error());
    auto change = replacement(context, request, update);
    change.status = first_status(reading);
    auto const outcome = co_await context.storage.replace_subscription(std::move(change));
    if (!outcome) co_return failure_response(outcome.error());
    if (!outcome->changed) co_return Written();
    std::string const id = update.found.id;
    if (outcome->record.status == Status::off) {
        context.deliveries.deactivate(id);
        context.discoveries.unwant(id);
    } else {
        context.deliveries.replace_subscription(outcome->record, reading.plan);
        want(context, request, outcome->record, reading.plan, std::move(*query));
    }
    auto response = written(context, request, Write::update, outcome->record, &update.sent);
    response.after_write = [&deliveries = context.deliveries, id] { deliveries.wake({id}); };
    co_return response;
}

/// What is asked for on a topic of DSUBm stays as it is: an update turns it on or off (document-sharing C.4.7), and who does that may say anew how long
/// and why (subscriptions C1 T7).
Result<void> check_ihe_update(Context const& context, Value const& stored, std::string_view element) {
    auto const plan = subscriptions::read_plan(stored, context.rules);
    if (!plan || !plan->ihe) return {};
    return Failure(
               Errc::business_rule,
               "on this topic an update changes the status only: off, or, from off and error, requested; "
               "create another Subscription"
    )
        .at(std::string(element));
}

/// What the update means for the Subscription as it was found. Source: subscriptions A2, C1.
awaitable<Written> apply(
    Context const& context, Request const& request, Value const& sent, cache::SubscriptionRecord found
) {
    auto const stored = fhir::json::read(found.resource);
    if (!stored) co_return failure_response(Failure(Errc::bug, "the stored Subscription cannot be read"));
    auto merged = with_known_headers(sent, *stored);
    if (!merged) co_return failure_response(merged.error());
    auto const form = subscriptions::stored_subscription(*merged);
    Update update;
    update.sent = sent;
    update.merged = std::move(*merged);
    update.found = std::move(found);
    auto const now = update.found.status;
    auto const wish = subscriptions::read_status(sent.text("status"));
    bool const working = now == Status::active || now == Status::requested;
    bool const stays = wish == now || (working && (wish == Status::requested || wish == Status::active));
    bool const same = subscriptions::same_resource(form, *stored);
    if (same && stays && wish != Status::error)
        co_return written(context, request, Write::update, update.found, nullptr);
    if (same && wish == Status::off) co_return co_await turn_off(context, request, update);
    bool const same_request = subscriptions::same_request(form, *stored);
    if (!same_request || (stays && !same)) {
        auto const* const element = same_request ? "Subscription" : "Subscription.criteria";
        auto const allowed = check_ihe_update(context, *stored, element);
        if (!allowed) co_return failure_response(allowed.error());
    }
    auto const reading =
        subscriptions::read_subscription(update.merged, context.rules, context.clock.utc_now());
    if (!reading.problems.empty()) co_return failure_response(reading.problems);
    if (stays && same_request) co_return co_await amend(context, request, update);
    co_return co_await replace(context, request, update, reading);
}

net::ServerResponse nothing_to_update() {
    auto response = failure_response(Failure(
        Errc::method,
        "no Subscription has this id, and an update creates none: POST it to [base]/Subscription"
    ));
    response.headers.add("Allow", "GET, HEAD, DELETE, OPTIONS");
    return response;
}

/// Each lost race means that somebody else got a write through.
constexpr int kRaces = 16;

awaitable<net::ServerResponse> update(Context const& context, Request request) {
    if (auto const json = check_accept(request.http); !json) co_return failure_response(json.error());
    auto const resource = co_await read_resource(context.worker, request.http, "Subscription");
    if (!resource) co_return failure_response(resource.error());
    auto const wanted = read_if_match(request.http.headers);
    if (!wanted) co_return failure_response(wanted.error());
    std::string const id = request.captures.front();
    if (resource->text("id") != id) {
        co_return failure_response(
            Failure(Errc::invalid, "the id in the body must be the id in the URL").at("Subscription.id")
        );
    }
    for (int race = 0; race < kRaces; ++race) {
        auto found = co_await context.storage.read_subscription(request.caller.scope, id);
        if (!found) co_return failure_response(found.error());
        if (found->presence != cache::Presence::found) co_return nothing_to_update();
        if (*wanted && **wanted != found->record.version) co_return stale_subscription(found->record.version);
        auto answer = co_await apply(context, request, *resource, std::move(found->record));
        if (answer) co_return std::move(*answer);
    }
    co_return failure_response(
        Failure(Errc::conflict, "others change this Subscription all the time: try again")
    );
}

}  // namespace

void add_subscription_update_routes(Router& router, Context const& context) {
    router.add("PUT", "Subscription/{id}", [&context](Request request) {
        return update(context, std::move(request));
    });
}

}  // namespace tributary::api
