#include "examples/partner-simulator/searchset.hpp"

#include <utility>

#include "examples/partner-simulator/resources.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

Value to_link(std::string_view relation, std::string url) {
    return object({{"relation", relation}, {"url", std::move(url)}});
}

Value links_of(Searchset& searchset, Family family) {
    auto self = to_link("self", std::move(searchset.self));
    if (searchset.next.empty()) return array({std::move(self)});
    auto next = to_link("next", std::move(searchset.next));
    return family == Family::microsoft ? array({std::move(next), std::move(self)})
                                       : array({std::move(self), std::move(next)});
}

Value to_entry(Found found, std::string_view base, Family family) {
    auto const full_url = std::string(base).append("/").append(found.type).append("/").append(found.id);
    auto entry = object({{"fullUrl", full_url}, {"resource", fhir::json::Raw{std::move(found.text)}}});
    if (family == Family::epic) entry.set("link", array({to_link("self", full_url)}));
    if (found.search.is_null()) found.search = object({{"mode", "match"}});
    if (family != Family::cerner) entry.set("search", std::move(found.search));
    return entry;
}

Value nothing_found() {
    auto outcome = operation_outcome("warning", "processing", "Resource request returns no results.");
    auto search = object({{"mode", "outcome"}});
    return object({{"resource", std::move(outcome)}, {"search", std::move(search)}});
}

}  // namespace

Value to_bundle(Searchset searchset, std::string_view base, Behaviour const& behaviour) {
    auto const family = behaviour.family;
    auto bundle = object({{"resourceType", "Bundle"}, {"type", "searchset"}});
    if (behaviour.gives_total || family == Family::ihe) bundle.set("total", searchset.total);
    bundle.set("link", links_of(searchset, family));
    auto entries = array();
    for (auto& match : searchset.matches) entries.push(to_entry(std::move(match), base, family));
    if (family == Family::epic && searchset.total == 0) entries.push(nothing_found());
    if (!entries.items().empty() || family == Family::cerner) bundle.set("entry", std::move(entries));
    return bundle;
}

std::string_view page_parameter(Family family) {
    switch (family) {
        case Family::hapi:
            return "_getpages";
        case Family::epic:
            return "sessionID";
        case Family::cerner:
            return "-pageContext";
        case Family::ihe:
            return "page";
        case Family::microsoft:
            return "ct";
        case Family::firely:
            return "_skip";
        case Family::medplum:
            return "_cursor";
        case Family::blaze:
            return "__page-id";
    }
    return {};
}

}  // namespace tributary::simulator
