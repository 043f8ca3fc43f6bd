#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/operation_outcome.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"
#include "orchestrator/api/subscription_view.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using subscriptions::ChannelType;
using subscriptions::HeaderValues;
using subscriptions::Status;

net::ServerResponse unknown_subscription() {
    return failure_response(Failure(Errc::not_found, "no Subscription has this id"));
}
net::ServerResponse deleted_subscription() {
    return failure_response(Failure(Errc::deleted, "this Subscription was deleted"));
}

/// What a websocket Subscription is from the start (subscriptions B17.1), and what needs a call-out first.
Status first_status(subscriptions::Reading const& reading) {
    if (reading.status == Status::off) return Status::off;
    return reading.plan.channel.type == ChannelType::websocket ? Status::active : Status::requested;
}

/// Who is served in turn: the endpoint's origin, for a websocket Subscription the peer.
std::string origin_of(subscriptions::Plan const& plan, Caller const& caller) {
    auto const url = net::parse_url(plan.channel.endpoint);
    return plan.channel.type == ChannelType::rest_hook && url ? url->origin() : caller.origin;
}

/// The answer to a write: the resource with its header values, or what Prefer asks for.
net::ServerResponse written(
    Context const& context, Request const& request, unsigned status, cache::SubscriptionRecord const& record
) {
    auto const shown = show_subscription(record, HeaderValues::shown);
    if (!shown) return failure_response(shown.error());
    std::string body;
    auto const wish = preferred_return(request.http.headers);
    if (wish == Return::representation) body = fhir::json::write(*shown);
    if (wish == Return::outcome) {
        fhir::Issue issue;
        issue.severity = "information";
        issue.code = "informational";
        issue.diagnostics = status == 201 ? "Subscription created" : "Subscription updated";
        body = fhir::json::write(fhir::make_operation_outcome(std::vector{issue}));
    }
    auto response = versioned_response(status, std::move(body), record.version, record.last_updated);
    if (status == 201) {
        response.headers.add(
            "Location",
            context.settings.base + "/Subscription/" + record.id + "/_history/" +
                std::to_string(record.version)
        );
    }
    return response;
}

/// Demographics of the patients that criteria name by our ids; the same query where they name none. Errors: value for an unknown id.
awaitable<Result<fhir::search::PatientQuery>> discovery_query(
    Context const& context, std::string scope, subscriptions::Plan const& plan
) {
    if (plan.search.patient.references.empty()) co_return plan.search.patient;
    auto query = co_await context.storage.discovery_query(std::move(scope), plan.search.patient);
    if (!query) co_return query.error();
    if (*query) co_return std::move(**query);
    std::string const at = plan.kind == subscriptions::Kind::classic
                               ? "Subscription.criteria"
                               : "Subscription.criteria.extension[0].value";
    co_return Failure(
        Errc::value,
        "no Patient here has the id that the criteria name: search Patient first, or name the patient by "
        "demographics"
    )
        .at(at);
}

void want(
    Context const& context,
    Request const& request,
    cache::SubscriptionRecord const& record,
    fhir::search::PatientQuery query
) {
    pipeline::Interest interest;
    interest.subscription = record.id;
    interest.scope = request.caller.scope;
    interest.origin = record.origin;
    interest.query = std::move(query);
    context.discoveries.want(std::move(interest));
}

awaitable<net::ServerResponse> create(Context const& context, Request request) {
    auto resource = read_resource(request.http, "Subscription");
    if (!resource) co_return failure_response(resource.error());
    if (request.http.headers.has("If-None-Exist")) {
        co_return failure_response(
            Failure(Errc::not_supported, "conditional create is not offered: leave out If-None-Exist")
        );
    }
    auto const reading = subscriptions::read_subscription(*resource, context.rules, context.clock.utc_now());
    if (!reading.problems.empty()) co_return failure_response(reading.problems);
    auto query = co_await discovery_query(context, request.caller.scope, reading.plan);
    if (!query) co_return failure_response(query.error());
    cache::NewSubscription subscription;
    subscription.id = random_uuid();
    subscription.scope = request.caller.scope;
    subscription.origin = origin_of(reading.plan, request.caller);
    subscription.resource = fhir::json::write(subscriptions::stored_subscription(std::move(*resource)));
    subscription.status = first_status(reading);
    subscription.now = context.clock.utc_now();
    auto const record = co_await context.storage.create_subscription(std::move(subscription));
    if (!record) co_return failure_response(record.error());
    if (record->status != Status::off) want(context, request, *record, std::move(*query));
    auto response = written(context, request, 201, *record);
    response.after_write = [&deliveries = context.deliveries, id = record->id] { deliveries.wake({id}); };
    co_return response;
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    auto const parameters = read_parameters(request.http);
    if (!parameters) co_return failure_response(parameters.error());
    if (auto const json = accept_json(request.http.headers, *parameters); !json)
        co_return failure_response(json.error());
    auto const found =
        co_await context.storage.read_subscription(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    if (found->presence == cache::Presence::unknown) co_return unknown_subscription();
    if (found->presence == cache::Presence::deleted) co_return deleted_subscription();
    auto const shown = show_subscription(found->record, HeaderValues::masked);
    if (!shown) co_return failure_response(shown.error());
    co_return versioned_response(
        200, fhir::json::write(*shown), found->record.version, found->record.last_updated
    );
}

/// The version that Location names; earlier ones are not kept.
awaitable<net::ServerResponse> read_version(Context const& context, Request request) {
    auto const version = request.captures.back();
    auto response = co_await read(context, std::move(request));
    if (response.status != 200 || response.headers.get("ETag") == "W/\"" + version + '"') co_return response;
    co_return failure_response(
        Failure(Errc::not_found, "only the current version is kept: read the Subscription")
    );
}

/// Off: nothing more is sent or counted.
awaitable<net::ServerResponse> turn_off(Context const& context, Request const& request, std::string id) {
    cache::StatusChange change;
    change.id = id;
    change.status = Status::off;
    change.now = context.clock.utc_now();
    auto const changed = co_await context.storage.change_status(std::move(change));
    if (!changed) co_return failure_response(changed.error());
    context.deliveries.stop_subscription(id);
    context.discoveries.unwant(id);
    co_return written(context, request, 200, changed->record);
}

/// An update with other content, or a re-activation: validated like a create, counter and queue stay (subscriptions C1 T7, T11, T12).
awaitable<net::ServerResponse> replace(
    Context const& context,
    Request const& request,
    std::string id,
    Value resource,
    subscriptions::Reading const& reading
) {
    auto query = co_await discovery_query(context, request.caller.scope, reading.plan);
    if (!query) co_return failure_response(query.error());
    auto text = fhir::json::write(subscriptions::stored_subscription(std::move(resource)));
    auto const changed = co_await context.storage.replace_subscription(
        request.caller.scope, id, std::move(text), first_status(reading), context.clock.utc_now()
    );
    if (!changed) co_return failure_response(changed.error());
    context.deliveries.stop_subscription(id);
    if (changed->record.status == Status::off) {
        context.discoveries.unwant(id);
    } else {
        want(context, request, changed->record, std::move(*query));
    }
    auto response = written(context, request, 200, changed->record);
    response.after_write = [&deliveries = context.deliveries, id] { deliveries.wake({id}); };
    co_return response;
}

Result<void> check_if_match(net::Headers const& headers, std::uint64_t version) {
    auto const wanted = headers.get("If-Match");
    if (wanted.empty() || wanted == "*" || wanted == etag(version)) return {};
    return Failure(
        Errc::precondition,
        "the Subscription is at version " + std::to_string(version) + " now: read it again"
    );
}

/// What is asked for on a topic of DSUBm stays as it is: an update turns it on or off (document-sharing C.4.7).
Result<void> check_ihe_update(Context const& context, Value const& stored, bool same) {
    auto const plan = subscriptions::read_plan(stored, context.rules);
    if (same || !plan || !plan->ihe) return {};
    return Failure(
               Errc::business_rule,
               "on this topic an update changes the status only: off, or requested; create another "
               "Subscription"
    )
        .at("Subscription.criteria");
}

awaitable<net::ServerResponse> update(Context const& context, Request request) {
    auto resource = read_resource(request.http, "Subscription");
    if (!resource) co_return failure_response(resource.error());
    std::string const id = request.captures.front();
    if (resource->text("id") != id) {
        co_return failure_response(
            Failure(Errc::invalid, "the id in the body must be the id in the URL").at("Subscription.id")
        );
    }
    auto const found = co_await context.storage.read_subscription(request.caller.scope, id);
    if (!found) co_return failure_response(found.error());
    if (found->presence != cache::Presence::found) {
        co_return failure_response(Failure(
            Errc::method,
            "no Subscription has this id, and an update creates none: POST it to [base]/Subscription"
        ));
    }
    auto const matched = check_if_match(request.http.headers, found->record.version);
    if (!matched) co_return failure_response(matched.error());
    auto const stored = fhir::json::read(found->record.resource);
    if (!stored) co_return failure_response(Failure(Errc::storage, "the stored Subscription cannot be read"));
    auto merged = subscriptions::with_stored_headers(std::move(*resource), *stored);
    if (!merged) co_return failure_response(merged.error());
    auto const same = subscriptions::same_request(subscriptions::stored_subscription(*merged), *stored);
    auto const allowed = check_ihe_update(context, *stored, same);
    if (!allowed) co_return failure_response(allowed.error());
    auto const wish = subscriptions::read_status(merged->text("status"));
    if (same && wish == Status::off) co_return co_await turn_off(context, request, id);
    bool const working = found->record.status == Status::active || found->record.status == Status::requested;
    if (same && working && (wish == Status::requested || wish == Status::active))
        co_return written(context, request, 200, found->record);
    auto const reading = subscriptions::read_subscription(*merged, context.rules, context.clock.utc_now());
    if (!reading.problems.empty()) co_return failure_response(reading.problems);
    co_return co_await replace(context, request, id, std::move(*merged), reading);
}

awaitable<net::ServerResponse> remove(Context const& context, Request request) {
    std::string const id = request.captures.front();
    auto const presence =
        co_await context.storage.delete_subscription(request.caller.scope, id, context.clock.utc_now());
    if (!presence) co_return failure_response(presence.error());
    if (*presence == cache::Presence::unknown) co_return unknown_subscription();
    context.deliveries.stop_subscription(id);
    context.discoveries.unwant(id);
    co_return net::ServerResponse(204, "", "");
}

/// _id, status and url, taken out of the parameters. Errors: invalid.
Result<cache::SubscriptionSearch> read_search(std::vector<fhir::search::Parameter>& parameters) {
    cache::SubscriptionSearch search;
    search.ids = take(parameters, "_id");
    search.urls = take(parameters, "url");
    for (auto const& code : take(parameters, "status")) {
        auto const bar = code.rfind('|');
        auto const status =
            subscriptions::read_status(bar == std::string::npos ? code : code.substr(bar + 1));
        if (!status) return Failure(Errc::invalid, "status may be requested, active, error or off");
        search.statuses.push_back(*status);
    }
    return search;
}

awaitable<net::ServerResponse> search(Context const& context, Request request) {
    auto parameters = read_parameters(request.http);
    if (!parameters) co_return failure_response(parameters.error());
    if (auto const json = accept_json(request.http.headers, *parameters); !json)
        co_return failure_response(json.error());
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) co_return failure_response(control.error());
    auto used = *parameters;
    auto asked = read_search(*parameters);
    if (!asked) co_return failure_response(asked.error());
    auto const unknown = unknown_parameters(*parameters, "Subscription");
    if (!unknown.empty() && strict_handling(request.http.headers)) co_return failure_response(unknown);
    for (auto const& parameter : *parameters) std::erase(used, parameter);
    asked->scope = request.caller.scope;
    asked->count = control->count_only ? 0 : control->count;
    asked->offset = control->offset;
    auto const page = co_await context.storage.search_subscriptions(std::move(*asked));
    if (!page) co_return failure_response(page.error());
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& record : page->records) {
        auto shown = show_subscription(record, HeaderValues::masked);
        if (!shown) co_return failure_response(shown.error());
        fhir::SearchsetEntry entry;
        entry.full_url = context.settings.base + "/Subscription/" + record.id;
        entry.resource = std::move(*shown);
        entries.push_back(std::move(entry));
    }
    auto const links = page_links(context.settings.base + "/Subscription", used, *control, page->total);
    co_return resource_response(200, fhir::make_searchset(std::move(entries), page->total, links));
}

}  // namespace

void add_subscription_routes(Router& router, Context const& context) {
    router.add("POST", "Subscription", [&context](Request request) {
        return create(context, std::move(request));
    });
    router.add("GET", "Subscription", [&context](Request request) {
        return search(context, std::move(request));
    });
    router.add("POST", "Subscription/_search", [&context](Request request) {
        return search(context, std::move(request));
    });
    router.add("GET", "Subscription/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
    router.add("GET", "Subscription/{id}/_history/{id}", [&context](Request request) {
        return read_version(context, std::move(request));
    });
    router.add("PUT", "Subscription/{id}", [&context](Request request) {
        return update(context, std::move(request));
    });
    router.add("DELETE", "Subscription/{id}", [&context](Request request) {
        return remove(context, std::move(request));
    });
}

}  // namespace tributary::api
