#include <charconv>

#include "fhir/search/date_range.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"
#include "orchestrator/api/subscription_view.hpp"

namespace tributary::api {

namespace {

using fhir::json::object;
using fhir::json::Value;

/// The interaction that made a version, and what it was answered.
struct Interaction {
    char const *method, *status;
};
Interaction interaction_of(cache::SubscriptionVersion const& version) {
    if (version.resource.empty()) return {"DELETE", "204"};
    return version.version == 1 ? Interaction{"POST", "201"} : Interaction{"PUT", "200"};
}

Value history_entry(
    cache::SubscriptionVersion const& version, std::string const& base, std::string const& id
) {
    auto const made = interaction_of(version);
    bool const created = version.version == 1;
    Value entry;
    entry.set("fullUrl", base + "/Subscription/" + id);
    if (!version.resource.empty()) entry.set("resource", fhir::json::Raw{version.resource});
    entry.set(
        "request", object({{"method", made.method}, {"url", created ? "Subscription" : "Subscription/" + id}})
    );
    entry.set(
        "response",
        object(
            {{"status", made.status},
             {"etag", version_tag(version.version)},
             {"lastModified", fhir::search::format_instant(version.last_updated)}}
        )
    );
    return entry;
}

Value history_bundle(
    cache::SubscriptionVersions const& history,
    fhir::SearchsetLinks const& links,
    std::string const& base,
    std::string const& id
) {
    auto bundle = object({{"resourceType", "Bundle"}, {"type", "history"}, {"total", Value(history.total)}});
    Value relations;
    for (auto const& [relation, url] :
         {std::pair("self", &links.self),
          std::pair("next", &links.next),
          std::pair("previous", &links.previous)}) {
        if (!url->empty()) relations.push(object({{"relation", relation}, {"url", *url}}));
    }
    bundle.set("link", std::move(relations));
    Value entries;
    for (auto const& version : history.versions) entries.push(history_entry(version, base, id));
    if (!entries.is_null()) bundle.set("entry", std::move(entries));
    return bundle;
}

/// _since, taken out of the parameters. Errors: invalid.
Result<cache::Utc> take_since(std::vector<fhir::search::Parameter>& parameters) {
    cache::Utc since;
    for (auto const& text : take(parameters, "_since")) {
        auto const range = fhir::search::read_date(text);
        if (!range) return Failure(Errc::invalid, "_since is an instant: 2026-01-31T10:00:00Z");
        since = std::chrono::time_point_cast<cache::Utc::duration>(range->from);
    }
    return since;
}

net::ServerResponse unreadable() {
    return failure_response(Failure(Errc::bug, "a stored Subscription cannot be read"));
}

awaitable<net::ServerResponse> history(Context const& context, Request request) {
    auto parameters = read_query(request.http);
    if (!parameters) co_return failure_response(parameters.error());
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) co_return failure_response(control.error());
    put_back_sort(*control, *parameters);
    auto used = *parameters;
    auto const since = take_since(*parameters);
    if (!since) co_return failure_response(since.error());
    auto const unknown = unknown_parameters(*parameters, "the history of a Subscription");
    if (!unknown.empty() && strict_handling(request.http.headers)) co_return failure_response(unknown);
    // Only self tells what is ignored: each entry is a version.
    for (auto const& ignored : *parameters) std::erase(used, ignored);
    std::string const id = request.captures.front();
    cache::SubscriptionHistoryRequest asked;
    asked.scope = request.caller.scope;
    asked.id = id;
    asked.since = *since;
    asked.count = control->count_only ? 0 : control->count;
    asked.offset = control->offset;
    auto const versions = co_await context.storage.subscription_history(std::move(asked));
    if (!versions) co_return failure_response(versions.error());
    if (versions->presence == cache::Presence::unknown)
        co_return failure_response(check_found(versions->presence).error());
    for (auto const& version : versions->versions) {
        if (version.resource.empty() && versions->presence == cache::Presence::found) co_return unreadable();
    }
    auto const& base = context.settings.base;
    auto const links =
        page_links(base + "/Subscription/" + id + "/_history", used, *control, versions->total);
    co_return resource_response(200, history_bundle(*versions, links, base, id));
}

net::ServerResponse unknown_version() {
    return failure_response(Failure(
        Errc::not_found, "this version is not kept: GET the Subscription's _history for those that are"
    ));
}

awaitable<net::ServerResponse> read_version(Context const& context, Request request) {
    if (auto const json = check_read_accept(request.http); !json) co_return failure_response(json.error());
    auto const& text = request.captures.back();
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) co_return unknown_version();
    auto const found =
        co_await context.storage.subscription_version(request.caller.scope, request.captures.front(), number);
    if (!found) co_return failure_response(found.error());
    if (auto const there = check_found(found->presence); !there) co_return failure_response(there.error());
    if (!found->version) co_return unknown_version();
    if (found->version->resource.empty()) co_return unreadable();
    co_return versioned_response(
        200, found->version->resource, found->version->version, found->version->last_updated
    );
}

}  // namespace

void add_subscription_history_routes(Router& router, Context const& context) {
    router.add("GET", "Subscription/{id}/_history", [&context](Request request) {
        return history(context, std::move(request));
    });
    router.add("GET", "Subscription/{id}/_history/{id}", [&context](Request request) {
        return read_version(context, std::move(request));
    });
}

}  // namespace tributary::api
