#include <algorithm>

#include "fhir/json/reader.hpp"
#include "fhir/resources/bundle.hpp"
#include "fhir/search/date_range.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/operation_input.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_view.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using subscriptions::Status;

/// One page holds all: at most as many as a client may ask for at once.
constexpr std::size_t kMostStatuses = 10'000;

Result<Value> status_bundle(
    Context const& context, std::vector<cache::SubscriptionRecord> const& records, std::string const& self
) {
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& record : records) {
        auto const header = status_header(record, context.rules);
        if (!header) return header.error();
        auto const id = random_uuid();
        fhir::SearchsetEntry entry;
        entry.full_url = "urn:uuid:" + id;
        entry.resource =
            subscriptions::status_parameters(*header, subscriptions::NotificationType::query_status, id);
        entries.push_back(std::move(entry));
    }
    fhir::SearchsetLinks links;
    links.self = self;
    auto bundle = fhir::json::object(
        {{"resourceType", "Bundle"},
         {"type", "searchset"},
         {"timestamp", fhir::search::format_instant(context.clock.utc_now())}}
    );
    auto const searchset = fhir::make_searchset(std::move(entries), records.size(), links);
    for (auto const& [name, value] : *searchset.get<Value::Object>()) bundle.set(name, value);
    return bundle;
}

awaitable<net::ServerResponse> instance_status(Context const& context, Request request) {
    auto const input = OperationInput::read(request.http);
    if (!input) co_return failure_response(input.error());
    std::string const id = request.captures.front();
    auto const found = co_await context.storage.read_subscription(request.caller.scope, id);
    if (!found) co_return failure_response(found.error());
    if (found->presence == cache::Presence::unknown)
        co_return failure_response(Failure(Errc::not_found, "no Subscription has this id"));
    if (found->presence == cache::Presence::deleted)
        co_return failure_response(Failure(Errc::deleted, "this Subscription was deleted"));
    auto const bundle = status_bundle(
        context, std::vector{found->record}, context.settings.base + "/Subscription/" + id + "/$status"
    );
    if (!bundle) co_return failure_response(bundle.error());
    co_return resource_response(200, *bundle);
}

awaitable<net::ServerResponse> type_status(Context const& context, Request request) {
    auto const input = OperationInput::read(request.http);
    if (!input) co_return failure_response(input.error());
    cache::SubscriptionSearch search;
    search.scope = request.caller.scope;
    search.count = kMostStatuses;
    for (auto const& code : input->values("status")) {
        if (!subscriptions::read_status(code))
            co_return failure_response(Failure(Errc::invalid, "status may be requested, active, error or off")
            );
    }
    for (auto const& [name, parameter] : {std::pair("id", "_id"), std::pair("status", "status")}) {
        auto values = input->values(name);
        if (!values.empty()) search.clauses.push_back({parameter, std::move(values)});
    }
    auto const page = co_await context.storage.search_subscriptions(std::move(search));
    if (!page) co_return failure_response(page.error());
    auto const bundle =
        status_bundle(context, page->records, context.settings.base + "/Subscription/$status");
    if (!bundle) co_return failure_response(bundle.error());
    co_return resource_response(200, *bundle);
}

/// May a token be given for this Subscription? Source: subscriptions B15.
Result<void> check_bindable(Context const& context, cache::FoundSubscription const& found) {
    if (found.presence == cache::Presence::unknown)
        return Failure(Errc::not_found, "no Subscription has this id");
    if (found.presence == cache::Presence::deleted)
        return Failure(Errc::deleted, "this Subscription was deleted");
    auto const resource = fhir::json::read(found.record.resource);
    auto const plan = resource ? subscriptions::read_plan(*resource, context.rules)
                               : Result<subscriptions::Plan>(resource.error());
    if (!plan) return plan.error();
    if (plan->channel.type != subscriptions::ChannelType::websocket) {
        return Failure(Errc::business_rule, "this Subscription's channel is not websocket")
            .at("Subscription.channel.type");
    }
    if (found.record.status == Status::off || found.record.status == Status::error) {
        return Failure(
                   Errc::business_rule, "this Subscription is not active: PUT it with status requested first"
        )
            .at("Subscription.status");
    }
    return {};
}

awaitable<net::ServerResponse> give_token(
    Context const& context, std::string scope, std::vector<std::string> ids
) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (auto const& id : ids) {
        auto const found = co_await context.storage.read_subscription(scope, id);
        if (!found) co_return failure_response(found.error());
        if (auto const bindable = check_bindable(context, *found); !bindable)
            co_return failure_response(bindable.error());
    }
    auto const token = context.deliveries.make_binding_token(ids);
    std::vector<Value> parameters;
    auto const add = [&parameters](std::string_view name, std::string_view type, std::string_view value) {
        parameters.push_back(fhir::json::object({{"name", Value(name)}, {std::string(type), Value(value)}}));
    };
    add("token", "valueString", token.token);
    add("expiration", "valueDateTime", fhir::search::format_instant(token.expiration));
    for (auto const& id : ids) add("subscription", "valueString", id);
    add("websocket-url", "valueUrl", context.settings.websocket_url);
    auto response = resource_response(
        200,
        fhir::json::object(
            {{"resourceType", "Parameters"}, {"parameter", fhir::json::array(std::move(parameters))}}
        )
    );
    response.headers.add("Cache-Control", "no-store");
    co_return response;
}

awaitable<net::ServerResponse> instance_token(Context const& context, Request request) {
    auto const input = OperationInput::read(request.http);
    if (!input) co_return failure_response(input.error());
    std::vector<std::string> ids = request.captures;
    co_return co_await give_token(context, request.caller.scope, std::move(ids));
}

awaitable<net::ServerResponse> type_token(Context const& context, Request request) {
    auto const input = OperationInput::read(request.http);
    if (!input) co_return failure_response(input.error());
    auto ids = input->values("id");
    if (ids.empty()) co_return failure_response(Failure(Errc::required, "name the Subscriptions: id=…"));
    if (ids.size() > 1000)
        co_return failure_response(Failure(Errc::too_long, "at most 1000 Subscriptions a token"));
    co_return co_await give_token(context, request.caller.scope, std::move(ids));
}

/// What was sent is not sent again on request (subscriptions E5).
awaitable<net::ServerResponse> refuse_resend(Request) {
    auto response = failure_response(
        Failure(Errc::method, "$resend is not offered: what was missed is in $status and the searches")
    );
    response.headers.add("Allow", "OPTIONS");
    co_return response;
}

}  // namespace

void add_subscription_operation_routes(Router& router, Context const& context) {
    for (std::string const method : {"GET", "POST"}) {
        router.add(method, "Subscription/{id}/$status", [&context](Request request) {
            return instance_status(context, std::move(request));
        });
        router.add(method, "Subscription/$status", [&context](Request request) {
            return type_status(context, std::move(request));
        });
        router.add(method, "Subscription/{id}/$get-ws-binding-token", [&context](Request request) {
            return instance_token(context, std::move(request));
        });
        router.add(method, "Subscription/$get-ws-binding-token", [&context](Request request) {
            return type_token(context, std::move(request));
        });
        router.add(method, "Subscription/{id}/$resend", refuse_resend);
    }
}

}  // namespace tributary::api
