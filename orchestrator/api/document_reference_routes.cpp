#include <algorithm>
#include <variant>

#include "fhir/resources/outward.hpp"
#include "fhir/search/document_search.hpp"
#include "orchestrator/api/completeness.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"
#include "orchestrator/async/run_by_size.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;

struct DocumentQuestion {
    cache::DocumentSearchRequest request;
    std::vector<fhir::search::Parameter> used;
    SearchControl control;
    std::vector<Failure> ignored;
};

Result<cache::SortKey> read_sort(std::string_view name) {
    if (name.empty()) return cache::SortKey::sequence;
    if (name == "date") return cache::SortKey::date;
    if (name == "_lastUpdated") return cache::SortKey::last_updated;
    return Failure(Errc::invalid, "_sort may be date or _lastUpdated, with - before it for descending");
}

/// The question that a search asks, or everything that is wrong with it.
std::variant<DocumentQuestion, std::vector<Failure>> read_question(
    Context const& context, Request const& request
) {
    auto parameters = read_query(request.http);
    if (!parameters) return std::vector{parameters.error()};
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) return std::vector{control.error()};
    bool const descending = control->sort.starts_with('-');
    auto const sort = read_sort(std::string_view(control->sort).substr(descending ? 1 : 0));
    if (!sort) return std::vector{sort.error()};
    auto const all = *parameters;
    auto reading = fhir::search::read_document_search(std::move(*parameters), context.settings.base);
    auto unknown = unknown_parameters(reading.unknown, "DocumentReference");
    if (!reading.problems.empty()) return reading.problems;
    if (!unknown.empty() && strict_handling(request.http.headers)) return unknown;
    DocumentQuestion question;
    for (auto const& parameter : all) {
        if (std::find(reading.unknown.begin(), reading.unknown.end(), parameter) == reading.unknown.end())
            question.used.push_back(parameter);
    }
    question.request.scope = request.caller.scope;
    question.request.search = std::move(reading.search);
    question.request.sort = *sort;
    question.request.descending = descending;
    question.request.count = control->count_only ? 0 : control->count;
    question.request.offset = control->offset;
    question.control = std::move(*control);
    question.ignored = std::move(unknown);
    return question;
}

Value make_page(
    Context const& context,
    DocumentQuestion const& question,
    cache::ResourcePage const& page,
    std::optional<Value> completeness
) {
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& found : page.resources) {
        fhir::SearchsetEntry entry;
        entry.full_url = context.settings.base + "/DocumentReference/" + found.id;
        entry.resource = fhir::json::Raw{fhir::absolute(found.resource, context.settings.base)};
        entries.push_back(std::move(entry));
    }
    if (completeness) entries.push_back(outcome_entry(std::move(*completeness)));
    if (!question.ignored.empty()) entries.push_back(ignored_entry(question.ignored));
    auto const links =
        page_links(context.settings.base + "/DocumentReference", question.used, question.control, page.total);
    return fhir::make_searchset(std::move(entries), page.total, links);
}

/// Of several patients named by their ids: that of the one who is furthest from complete.
awaitable<Result<cache::Progress>> read_progress(
    Context const& context, std::string scope, fhir::search::PatientQuery const& patient
) {
    if (patient.references.empty()) {
        auto const about_to_ask = context.discoveries.about_to_ask(scope, patient);
        auto progress = co_await context.storage.progress(scope, patient.key());
        if (progress && progress->state == cache::DiscoveryState::none && about_to_ask > 0) {
            progress->state = cache::DiscoveryState::running;
            progress->asked = progress->pending = about_to_ask;
        }
        co_return progress;
    }
    std::optional<cache::Progress> least;
    for (auto const& reference : patient.references) {
        auto progress = co_await context.storage.progress_of_patient(scope, reference);
        if (!progress) co_return progress.error();
        if (!least || progress->state < least->state) least = std::move(*progress);
    }
    co_return std::move(*least);
}

awaitable<Result<std::optional<Value>>> read_completeness(
    Context const& context, cache::DocumentSearchRequest const& request
) {
    auto const& patient = request.search.patient;
    if (patient.empty()) co_return std::optional<Value>();
    auto progress = co_await read_progress(context, request.scope, patient);
    if (!progress) co_return progress.error();
    auto const& names = context.settings.partner_names;
    for (auto& issue : progress->issues) {
        if (auto const known = names.find(issue.partner); known != names.end()) issue.partner = known->second;
    }
    co_return completeness_outcome(*progress, context.settings.canonical_base);
}

awaitable<net::ServerResponse> search(Context const& context, Request request) {
    auto read = [&context, &request] { return read_question(context, request); };
    auto question = co_await async::run_by_size(context.worker, request.http.body.size(), std::move(read));
    if (!question) co_return failure_response(Failure(question.error()));
    if (auto const* failures = std::get_if<std::vector<Failure>>(&*question))
        co_return failure_response(*failures);
    auto& asked = std::get<DocumentQuestion>(*question);
    // Progress first: what it says has been admitted is then found by the search.
    auto completeness = co_await read_completeness(context, asked.request);
    if (!completeness) co_return failure_response(completeness.error());
    auto const page = co_await context.storage.search_documents(asked.request);
    if (!page) co_return failure_response(page.error());
    std::size_t bytes = 0;
    for (auto const& resource : page->resources) bytes += resource.resource.size();
    auto make = [&context, &asked, &page, completeness = std::move(*completeness)]() mutable {
        return resource_response(200, make_page(context, asked, *page, std::move(completeness)));
    };
    auto made = co_await async::run_by_size(context.worker, bytes, std::move(make));
    if (!made) co_return failure_response(Failure(made.error()));
    co_return std::move(*made);
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    if (auto const json = check_read_accept(request.http); !json) co_return failure_response(json.error());
    auto const found = co_await context.storage.read_document(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    if (found->presence == cache::Presence::unknown)
        co_return failure_response(Failure(Errc::not_found, "no DocumentReference has this id"));
    if (found->presence == cache::Presence::deleted)
        co_return failure_response(Failure(Errc::deleted, "this DocumentReference is gone"));
    auto const& stored = found->resource;
    co_return versioned_response(
        200, fhir::absolute(stored.resource, context.settings.base), stored.version, stored.last_updated
    );
}

}  // namespace

void add_document_reference_routes(Router& router, Context const& context) {
    router.add_search("DocumentReference", [&context](Request request) {
        return search(context, std::move(request));
    });
    router.add("GET", "DocumentReference/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
}

}  // namespace tributary::api
