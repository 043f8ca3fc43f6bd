#include "fhir/search/document_search.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/search_page.hpp"

namespace tributary::api {

namespace {

awaitable<net::ServerResponse> search(Context const& context, Request request) {
    auto parameters = co_await read_query(context.worker, request.http);
    if (!parameters) co_return failure_response(parameters.error());
    auto control = take_control(*parameters, context.settings.page, context.settings.page_most);
    if (!control) co_return failure_response(control.error());
    put_back_sort(*control, *parameters);
    auto used = *parameters;
    auto reading = fhir::search::read_patient_search(std::move(*parameters));
    if (!reading.problems.empty()) co_return failure_response(reading.problems);
    auto const unknown = unknown_parameters(reading.unknown, "Patient");
    if (!unknown.empty() && strict_handling(request.http.headers)) co_return failure_response(unknown);
    for (auto const& parameter : reading.unknown) std::erase(used, parameter);
    cache::PatientSearchRequest asked;
    asked.scope = request.caller.scope;
    asked.query = std::move(reading.search.patient);
    asked.count = control->count_only ? 0 : control->count;
    asked.offset = control->offset;
    auto const page = co_await context.storage.search_patients(std::move(asked));
    if (!page) co_return failure_response(page.error());
    std::vector<fhir::SearchsetEntry> entries;
    for (auto const& found : page->resources) {
        fhir::SearchsetEntry entry;
        entry.full_url = context.settings.base + "/Patient/" + found.id;
        entry.resource = fhir::json::Raw{found.resource};
        entries.push_back(std::move(entry));
    }
    if (!unknown.empty()) entries.push_back(ignored_entry(unknown));
    auto const links = page_links(context.settings.base + "/Patient", used, *control, page->total);
    co_return resource_response(200, fhir::make_searchset(std::move(entries), page->total, links));
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    if (auto const json = check_read_accept(request.http); !json) co_return failure_response(json.error());
    auto const found = co_await context.storage.read_patient(request.caller.scope, request.captures.front());
    if (!found) co_return failure_response(found.error());
    if (found->presence == cache::Presence::unknown)
        co_return failure_response(Failure(Errc::not_found, "no Patient has this id"));
    if (found->presence == cache::Presence::deleted)
        co_return failure_response(Failure(Errc::deleted, "this Patient is gone"));
    auto const& stored = found->resource;
    co_return versioned_response(200, stored.resource, stored.version, stored.last_updated);
}

}  // namespace

void add_patient_routes(Router& router, Context const& context) {
    router.add_search("Patient", [&context](Request request) { return search(context, std::move(request)); });
    router.add("GET", "Patient/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
}

}  // namespace tributary::api
