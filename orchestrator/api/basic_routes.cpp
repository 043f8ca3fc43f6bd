#include <algorithm>
#include <iterator>

#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"
#include "subscriptions/topic_resource.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;
using fhir::search::Parameter;
using subscriptions::Topic;

constexpr std::string_view kCodeSystem = "http://hl7.org/fhir/fhir-types";
constexpr std::string_view kStatusSystem = "http://hl7.org/fhir/publication-status";

/// system|code, |code, system| or code. Source: document-sharing F.6.
bool is_token(std::string_view asked, std::string_view system, std::string_view code) {
    auto const bar = asked.find('|');
    if (bar == asked.npos) return asked == code;
    auto const asked_code = asked.substr(bar + 1);
    return asked.substr(0, bar) == system && (asked_code.empty() || asked_code == code);
}

/// Both spellings of a canonical, with its version or without.
bool is_canonical(Topic const& topic, std::string_view asked) {
    auto const bar = asked.find('|');
    if (bar != asked.npos && asked.substr(bar + 1) != topic.version) return false;
    auto const url = asked.substr(0, bar);
    return url == topic.canonical || (!topic.alias.empty() && url == topic.alias);
}

/// A bare type or the URL of a StructureDefinition; DSUBm's topics name a profile of DocumentReference.
bool is_resource(Topic const& topic, std::string_view asked) {
    auto const type = asked.substr(asked.rfind('/') + 1);
    return asked == topic.resource || type == "DocumentReference" ||
           type == topic.resource.substr(topic.resource.rfind('/') + 1);
}

struct TopicParameter {
    std::string_view name;
    bool (*matches)(Topic const& topic, std::string_view asked);
};
/// Of ITI-114.
constexpr TopicParameter kParameters[] = {
    {"code",
     [](Topic const&, std::string_view asked) { return is_token(asked, kCodeSystem, "SubscriptionTopic"); }},
    {"_id", [](Topic const& topic, std::string_view asked) { return asked == topic.id; }},
    {"url", is_canonical},
    {"status", [](Topic const&, std::string_view asked) { return is_token(asked, kStatusSystem, "active"); }},
    {"resource", is_resource},
    {"derived-or-self",
     [](Topic const& topic, std::string_view asked) {
         return is_canonical(topic, asked) ||
                (!topic.derived_from.empty() && topic.derived_from == asked.substr(0, asked.find('|')));
     }},
};

TopicParameter const* offered(Parameter const& parameter) {
    auto const* const found =
        std::find_if(std::begin(kParameters), std::end(kParameters), [&](TopicParameter const& one) {
            return one.name == parameter.name && parameter.modifier.empty();
        });
    return found == std::end(kParameters) ? nullptr : found;
}

bool matches(Topic const& topic, std::vector<Parameter> const& parameters) {
    return std::all_of(parameters.begin(), parameters.end(), [&](Parameter const& parameter) {
        auto const* const rule = offered(parameter);
        return std::any_of(parameter.values.begin(), parameter.values.end(), [&](std::string const& value) {
            return rule->matches(topic, value);
        });
    });
}

fhir::SearchsetEntry entry_of(Context const& context, std::string_view id, Value resource) {
    fhir::SearchsetEntry entry;
    entry.full_url = context.settings.base + "/Basic/" + std::string(id);
    entry.resource = std::move(resource);
    return entry;
}

std::vector<fhir::SearchsetEntry> found_topics(Context const& context, std::vector<Parameter> const& used) {
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& topic : subscriptions::topics(context.settings.canonical_base)) {
        if (matches(topic, used))
            entries.push_back(entry_of(context, topic.id, subscriptions::basic_topic(topic)));
    }
    return entries;
}

/// How a Discovery stands, to whoever asks for its id and nothing else: it is no topic. At most one.
awaitable<Result<std::vector<fhir::SearchsetEntry>>> found_progress(
    Context const& context, std::string scope, std::vector<Parameter> const& used
) {
    std::vector<fhir::SearchsetEntry> entries;
    if (used.size() != 1 || used.front().name != "_id" || used.front().values.size() != 1) co_return entries;
    std::string const id = used.front().values.front();
    auto const found = co_await context.storage.read_progress(std::move(scope), id);
    if (!found) co_return found.error();
    if (found->presence == cache::Presence::found)
        entries.push_back(entry_of(context, id, fhir::json::Raw{found->resource.resource}));
    co_return entries;
}

net::ServerResponse searchset(
    Context const& context,
    std::vector<fhir::SearchsetEntry> all,
    std::vector<Parameter> const& used,
    SearchControl const& control,
    std::vector<Failure> const& ignored
) {
    auto const total = all.size();
    auto const first = std::min(control.offset, total);
    auto const count = control.count_only ? 0 : std::min(control.count, total - first);
    all.erase(all.begin() + first + count, all.end());
    all.erase(all.begin(), all.begin() + first);
    if (!ignored.empty()) all.push_back(ignored_entry(ignored));
    auto const links = page_links(context.settings.base + "/Basic", used, control, total);
    return resource_response(200, fhir::make_searchset(std::move(all), total, links));
}

awaitable<net::ServerResponse> search(Context const& context, Request request) {
    auto parameters = co_await read_query(context.worker, request.http);
    if (!parameters) co_return failure_response(parameters.error());
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) co_return failure_response(control.error());
    put_back_sort(*control, *parameters);
    auto const first_unknown =
        std::stable_partition(parameters->begin(), parameters->end(), [](Parameter const& parameter) {
            return offered(parameter) != nullptr;
        });
    auto const ignored = unknown_parameters({first_unknown, parameters->end()}, "Basic");
    parameters->erase(first_unknown, parameters->end());
    if (!ignored.empty() && strict_handling(request.http.headers)) co_return failure_response(ignored);
    auto found = found_topics(context, *parameters);
    auto progress = co_await found_progress(context, request.caller.scope, *parameters);
    if (!progress) co_return failure_response(progress.error());
    std::move(progress->begin(), progress->end(), std::back_inserter(found));
    co_return searchset(context, std::move(found), *parameters, *control, ignored);
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    if (auto const json = check_read_accept(request.http); !json) co_return failure_response(json.error());
    for (auto const& topic : subscriptions::topics(context.settings.canonical_base)) {
        if (topic.id == request.captures.front())
            co_return resource_response(200, subscriptions::basic_topic(topic));
    }
    auto const found = co_await context.storage.read_progress(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    if (found->presence != cache::Presence::found) {
        co_return failure_response(Failure(
            Errc::not_found,
            "no Basic has this id: GET [base]/Basic?code=" + std::string(kCodeSystem) +
                "|SubscriptionTopic lists the topics"
        ));
    }
    auto const& stored = found->resource;
    co_return versioned_response(200, stored.resource, stored.version, stored.last_updated);
}

}  // namespace

void add_basic_routes(Router& router, Context const& context) {
    router.add_search("Basic", [&context](Request request) { return search(context, std::move(request)); });
    router.add("GET", "Basic/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
}

}  // namespace tributary::api
