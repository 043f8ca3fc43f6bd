#include <algorithm>

#include "fhir/resources/bundle.hpp"
#include "fhir/search/date_range.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/operation_input.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/subscription_view.hpp"
#include "orchestrator/async/run_by_size.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using subscriptions::Status;

/// One answer holds no more; `total` counts them all.
constexpr std::size_t kMostStatuses = 10'000;

Value status_bundle(Context const& context, cache::SubscriptionPage const& page, std::string const& self) {
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& record : page.records) {
        auto const header = status_header(record, context.rules);
        auto const id = random_uuid();
        fhir::SearchsetEntry entry;
        entry.full_url = "urn:uuid:" + id;
        entry.resource =
            subscriptions::status_parameters(header, subscriptions::NotificationType::query_status, id);
        entries.push_back(std::move(entry));
    }
    fhir::SearchsetLinks links;
    links.self = self;
    auto bundle = fhir::json::object(
        {{"resourceType", "Bundle"},
         {"type", "searchset"},
         {"timestamp", fhir::search::format_instant(context.clock.utc_now())}}
    );
    auto searchset = fhir::make_searchset(std::move(entries), page.total, links);
    for (auto& [name, value] : *searchset.get<Value::Object>()) bundle.set(name, std::move(value));
    return bundle;
}

awaitable<net::ServerResponse> tell_status(
    Context const& context, cache::SubscriptionPage page, std::string self
) {
    auto work = [&context, &page, &self] {
        return resource_response(200, status_bundle(context, page, self));
    };
    auto made = co_await async::run_by_size(context.worker, cost_of(page), std::move(work));
    if (!made) co_return failure_response(Failure(made.error()));
    co_return std::move(*made);
}

/// With the parameters of the request where it has them.
std::string self_link(Context const& context, Request const& request, std::string const& path) {
    auto const& query = request.http.query;
    return context.settings.base + "/Subscription/" + path + (query.empty() ? "" : "?" + query);
}

awaitable<net::ServerResponse> instance_status(Context const& context, Request request) {
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    std::string const id = request.captures.front();
    auto const found = co_await context.storage.read_subscription(request.caller.scope, id);
    if (!found) co_return failure_response(found.error());
    if (auto const there = check_found(found->presence); !there) co_return failure_response(there.error());
    cache::SubscriptionPage page;
    page.records.push_back(found->record);
    page.total = 1;
    co_return co_await tell_status(context, std::move(page), self_link(context, request, id + "/$status"));
}

Result<cache::SubscriptionSearch> read_status_search(OperationInput const& input) {
    cache::SubscriptionSearch search;
    search.count = kMostStatuses;
    auto ids = input.values("id");
    if (!ids) return ids.error();
    auto codes = input.values("status");
    if (!codes) return codes.error();
    for (auto const& code : *codes) {
        if (!subscriptions::read_status(code))
            return Failure(Errc::invalid, "status may be requested, active, error or off");
    }
    if (!ids->empty()) search.clauses.push_back({"_id", std::move(*ids)});
    if (!codes->empty()) search.clauses.push_back({"status", std::move(*codes)});
    return search;
}

awaitable<net::ServerResponse> type_status(Context const& context, Request request) {
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    auto search = read_status_search(*input);
    if (!search) co_return failure_response(search.error());
    search->scope = request.caller.scope;
    auto page = co_await context.storage.search_subscriptions(std::move(*search));
    if (!page) co_return failure_response(page.error());
    co_return co_await tell_status(context, std::move(*page), self_link(context, request, "$status"));
}

/// May a token be given for this Subscription? Source: subscriptions B15.
Result<void> check_bindable(Context const& context, cache::FoundSubscription const& found) {
    if (found.presence == cache::Presence::deleted)
        return Failure(Errc::business_rule, "this Subscription is deleted: create another one");
    if (auto const there = check_found(found.presence); !there) return there.error();
    auto const plan = subscriptions::stored_plan(found.record.resource, context.rules);
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
    if (plan->end && *plan->end <= context.clock.utc_now())
        return Failure(Errc::business_rule, "this Subscription has ended: PUT it with a later end first")
            .at("Subscription.end");
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
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    std::vector<std::string> ids = request.captures;
    co_return co_await give_token(context, request.caller.scope, std::move(ids));
}

awaitable<net::ServerResponse> type_token(Context const& context, Request request) {
    auto const input = co_await OperationInput::read(context.worker, request.http);
    if (!input) co_return failure_response(input.error());
    auto ids = input->values("id");
    if (!ids) co_return failure_response(ids.error());
    if (ids->empty()) co_return failure_response(Failure(Errc::required, "name the Subscriptions: id=…"));
    if (ids->size() > 1000)
        co_return failure_response(Failure(Errc::too_long, "at most 1000 Subscriptions a token"));
    co_return co_await give_token(context, request.caller.scope, std::move(*ids));
}

/// What was sent is not sent again on request (subscriptions E5).
awaitable<net::ServerResponse> refuse_resend(Request) {
    auto response =
        failure_response(Failure(Errc::method, "$resend is not offered: what was missed is in $events"));
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
    }
    router.refuse("Subscription/{id}/$resend", refuse_resend);
}

}  // namespace tributary::api
