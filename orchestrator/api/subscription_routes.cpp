#include <algorithm>

#include "fhir/json/writer.hpp"
#include "orchestrator/api/endpoint_check.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"
#include "orchestrator/api/subscription_view.hpp"
#include "orchestrator/api/subscription_writing.hpp"
#include "orchestrator/async/run_by_size.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/net/url.hpp"
#include "subscriptions/subscription_search.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using subscriptions::ChannelType;
using subscriptions::Status;

/// Who is served in turn: the endpoint's origin, for a websocket Subscription the peer.
std::string origin_of(subscriptions::Plan const& plan, Caller const& caller) {
    auto const url = net::parse_url(plan.channel.endpoint);
    return plan.channel.type == ChannelType::rest_hook && url ? url->origin() : caller.origin;
}

bool is_possible(subscriptions::SearchClause const& clause) {
    return clause.parameter != "status" ||
           std::all_of(clause.values.begin(), clause.values.end(), [](std::string const& value) {
               return subscriptions::read_status(value).has_value();
           });
}

/// What If-None-Exist asks for; nothing of it is ignored, since what is left would fit more, and nothing may be impossible, since each
/// request would create another. Errors: invalid, unknown_parameter.
Result<std::vector<subscriptions::SearchClause>> read_if_none_exist(
    std::string_view query, subscriptions::Rules const& rules
) {
    auto const mark = query.find('?');
    auto const before = query.substr(0, mark == query.npos ? 0 : mark);
    if (mark != query.npos && before.find('=') == before.npos)  // some write Subscription?… or the whole URL
        query.remove_prefix(mark + 1);
    auto parameters = fhir::search::parse_query(query);
    if (!parameters) return parameters.error();
    auto const written = static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1;
    if (parameters->size() != written)
        return Failure(Errc::invalid, "each condition of If-None-Exist is name=value, with & between them");
    auto clauses = subscriptions::take_search_clauses(*parameters, rules);
    if (!clauses) return clauses.error();
    if (!std::all_of(clauses->begin(), clauses->end(), is_possible))
        return Failure(Errc::invalid, "status: it may be requested, active, error or off");
    auto const unknown = unknown_parameters(*parameters, "Subscription");
    if (!unknown.empty()) return unknown.front();
    return clauses;
}

/// The one that fits is answered, masked; whoever sent this did not set its header values.
net::ServerResponse existing(
    Context const& context, Request const& request, cache::ConditionalCreate const& outcome
) {
    if (outcome.matches == 1) return written(context, request, Write::none, outcome.record, nullptr);
    return failure_response(Failure(
        Errc::multiple_matches,
        std::to_string(outcome.matches) + " Subscriptions fit If-None-Exist: narrow it, or leave it out"
    ));
}

awaitable<Result<cache::ConditionalCreate>> store(
    Context const& context, Request const& request, cache::NewSubscription subscription
) {
    auto const condition = request.http.headers.get("If-None-Exist");
    if (!request.http.headers.has("If-None-Exist")) {
        auto record = co_await context.storage.create_subscription(std::move(subscription));
        if (!record) co_return record.error();
        cache::ConditionalCreate created;
        created.record = std::move(*record);
        co_return created;
    }
    auto clauses = read_if_none_exist(condition, context.rules);
    if (!clauses) co_return clauses.error();
    co_return co_await context.storage.create_subscription_unless(
        std::move(subscription), std::move(*clauses)
    );
}

/// A Subscription as a client sent it: what it says, or all that is wrong with it, and what is stored of it.
struct Submission {
    Value resource;
    subscriptions::Reading reading;
    std::string stored;
};

/// Pure; for the worker. Errors: those of read_resource().
Result<Submission> read_submission(Context const& context, Request const& request, cache::Utc now) {
    auto resource = read_resource(request.http, "Subscription");
    if (!resource) return resource.error();
    Submission submission;
    submission.reading = subscriptions::read_subscription(*resource, context.rules, now);
    if (auto const masked = subscriptions::with_stored_headers(*resource, Value()); !masked)
        submission.reading.problems.push_back(masked.error());
    if (submission.reading.problems.empty())
        submission.stored = fhir::json::write(subscriptions::stored_subscription(*resource));
    submission.resource = std::move(*resource);
    return submission;
}

awaitable<net::ServerResponse> create(Context const& context, Request request) {
    if (auto const json = check_accept(request.http); !json) co_return failure_response(json.error());
    auto read = [&context, &request, now = context.clock.utc_now()] {
        return read_submission(context, request, now);
    };
    auto submission = co_await async::run_by_size(context.worker, request.http.body.size(), std::move(read));
    if (!submission) co_return failure_response(submission.error());
    auto const& reading = submission->reading;
    if (!reading.problems.empty()) co_return failure_response(reading.problems);
    auto const allowed = co_await check_endpoint(context, reading.plan);
    if (!allowed) co_return failure_response(allowed.error());
    auto query = co_await discovery_query(context, request.caller.scope, reading.plan);
    if (!query) co_return failure_response(query.error());
    cache::NewSubscription subscription;
    subscription.id = random_uuid();
    subscription.scope = request.caller.scope;
    subscription.origin = origin_of(reading.plan, request.caller);
    subscription.resource = std::move(submission->stored);
    subscription.status = first_status(reading);
    subscription.now = context.clock.utc_now();
    auto const outcome = co_await store(context, request, std::move(subscription));
    if (!outcome) co_return failure_response(outcome.error());
    if (outcome->matches > 0) co_return existing(context, request, *outcome);
    auto const& record = outcome->record;
    if (record.status != Status::off) want(context, request, record, reading.plan, std::move(*query));
    auto response = written(context, request, Write::create, record, &submission->resource);
    response.after_write = [&deliveries = context.deliveries, id = record.id] { deliveries.wake({id}); };
    co_return response;
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    if (auto const json = check_read_accept(request.http); !json) co_return failure_response(json.error());
    auto const found =
        co_await context.storage.read_subscription(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    if (auto const there = check_found(found->presence); !there) co_return failure_response(there.error());
    auto const shown = show_subscription(found->record);
    if (!shown) co_return failure_response(shown.error());
    co_return versioned_response(
        200, fhir::json::write(*shown), found->record.version, found->record.last_updated
    );
}

awaitable<net::ServerResponse> remove(Context const& context, Request request) {
    if (auto const json = check_accept(request.http); !json) co_return failure_response(json.error());
    auto const wanted = read_if_match(request.http.headers);
    if (!wanted) co_return failure_response(wanted.error());
    std::string const id = request.captures.front();
    auto const outcome = co_await context.storage.delete_subscription(
        request.caller.scope, id, *wanted, context.clock.utc_now()
    );
    if (!outcome) co_return failure_response(outcome.error());
    if (outcome->presence == cache::Presence::unknown)
        co_return failure_response(check_found(outcome->presence).error());
    net::ServerResponse response(204, "", "");
    if (outcome->changed && outcome->record.notice) {
        context.deliveries.deactivate(id);
        response.after_write = [&deliveries = context.deliveries, id] { deliveries.wake({id}); };
    } else if (outcome->changed) {
        context.deliveries.stop_subscription(id);
    } else if (outcome->presence == cache::Presence::found) {
        co_return stale_subscription(outcome->record.version);
    }
    if (outcome->changed) context.discoveries.unwant(id);
    co_return response;
}

net::ServerResponse found_page(
    Context const& context,
    cache::SubscriptionPage const& page,
    std::vector<Failure> const& ignored,
    fhir::SearchsetLinks const& links
) {
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& record : page.records) {
        auto shown = show_subscription(record);
        if (!shown) return failure_response(shown.error());
        fhir::SearchsetEntry entry;
        entry.full_url = context.settings.base + "/Subscription/" + record.id;
        entry.resource = std::move(*shown);
        entries.push_back(std::move(entry));
    }
    if (!ignored.empty()) entries.push_back(ignored_entry(ignored));
    return resource_response(200, fhir::make_searchset(std::move(entries), page.total, links));
}

awaitable<net::ServerResponse> search(Context const& context, Request request) {
    auto parameters = co_await read_query(context.worker, request.http);
    if (!parameters) co_return failure_response(parameters.error());
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) co_return failure_response(control.error());
    put_back_sort(*control, *parameters);
    auto used = *parameters;
    auto clauses = subscriptions::take_search_clauses(*parameters, context.rules);
    if (!clauses) co_return failure_response(clauses.error());
    auto const unknown = unknown_parameters(*parameters, "Subscription");
    if (!unknown.empty() && strict_handling(request.http.headers)) co_return failure_response(unknown);
    for (auto const& parameter : *parameters) std::erase(used, parameter);
    cache::SubscriptionSearch asked;
    asked.scope = request.caller.scope;
    asked.clauses = std::move(*clauses);
    asked.count = control->count_only ? 0 : control->count;
    asked.offset = control->offset;
    auto const page = co_await context.storage.search_subscriptions(std::move(asked));
    if (!page) co_return failure_response(page.error());
    auto const links = page_links(context.settings.base + "/Subscription", used, *control, page->total);
    auto write = [&context, &page, &unknown, &links] { return found_page(context, *page, unknown, links); };
    auto made = co_await async::run_by_size(context.worker, cost_of(*page), std::move(write));
    if (!made) co_return failure_response(Failure(made.error()));
    co_return std::move(*made);
}

}  // namespace

void add_subscription_routes(Router& router, Context const& context) {
    router.add("POST", "Subscription", [&context](Request request) {
        return create(context, std::move(request));
    });
    router.add_search("Subscription", [&context](Request request) {
        return search(context, std::move(request));
    });
    router.add("GET", "Subscription/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
    router.add("DELETE", "Subscription/{id}", [&context](Request request) {
        return remove(context, std::move(request));
    });
}

}  // namespace tributary::api
