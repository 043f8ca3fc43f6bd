#include "fhir/resources/bundle.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "fhir/base/ascii.hpp"
#include "fhir/resources/operation_outcome.hpp"

namespace tributary::fhir {

namespace {

struct ModeName {
    SearchMode mode;
    std::string_view name;
};
constexpr std::string_view kMatchGrade = "http://hl7.org/fhir/StructureDefinition/match-grade";

constexpr std::array kModes{
    ModeName{SearchMode::match, "match"},
    ModeName{SearchMode::include, "include"},
    ModeName{SearchMode::outcome, "outcome"}
};

std::string_view name_of(SearchMode mode) { return kModes[static_cast<std::size_t>(mode)].name; }

SearchMode mode_of(json::Value const& entry, json::Value const& resource, std::string_view searched) {
    auto const* search = entry.find("search");
    auto const name = search == nullptr ? std::string_view() : search->text("mode");
    auto const known =
        std::find_if(kModes.begin(), kModes.end(), [name](ModeName const& m) { return m.name == name; });
    if (known != kModes.end()) return known->mode;
    auto const type = resource.text("resourceType");
    if (type == searched) return SearchMode::match;
    return type == "OperationOutcome" ? SearchMode::outcome : SearchMode::include;
}

std::string match_grade(json::Value const& entry) {
    auto const* search = entry.find("search");
    if (search == nullptr) return {};
    for (auto const& extension : search->items("extension")) {
        if (extension.text("url") != kMatchGrade) continue;
        auto const* const coding = extension.find("valueCoding");
        return ascii::lower(coding != nullptr ? coding->text("code") : extension.text("valueCode"));
    }
    return {};
}

std::optional<std::uint64_t> read_total(json::Value const* value) {
    auto const* number = value == nullptr ? nullptr : value->get<json::Number>();
    if (number == nullptr) return std::nullopt;
    std::uint64_t total = 0;
    auto const* const end = number->text.data() + number->text.size();
    auto const [stop, error] = std::from_chars(number->text.data(), end, total);
    if (error != std::errc() || stop != end) return std::nullopt;
    return total;
}

/// Some servers answer a search with an OperationOutcome alone.
Result<Bundle> read_bare_outcome(json::Value resource) {
    for (auto const& issue : read_operation_outcome(resource)) {
        if (issue.severity == "error" || issue.severity == "fatal") {
            return Failure(
                Errc::protocol, "an OperationOutcome of severity " + issue.severity + " in place of a Bundle"
            );
        }
    }
    Bundle bundle{.type = "searchset", .total = 0, .self = {}, .next = {}, .entries = {}};
    bundle.entries.push_back({"", SearchMode::outcome, std::move(resource)});
    return bundle;
}

void add_link(json::Value& links, std::string_view relation, std::string const& url) {
    if (!url.empty()) links.push(json::object({{"relation", relation}, {"url", url}}));
}

}  // namespace

Result<Bundle> read_searchset(json::Value resource, std::string_view searched) {
    auto const type = resource.text("resourceType");
    if (type == "OperationOutcome") return read_bare_outcome(std::move(resource));
    if (type != "Bundle")
        return Failure(Errc::protocol, "a search was answered with something that is no Bundle");
    Bundle bundle;
    bundle.type = resource.text("type");
    bundle.total = read_total(resource.find("total"));
    for (auto const& link : resource.items("link")) {
        if (link.text("relation") == "self") bundle.self = link.text("url");
        if (link.text("relation") == "next") bundle.next = link.text("url");
    }
    auto* const entries = resource.find("entry");
    bool const says_none = entries == nullptr || (entries->is_null() && bundle.total == 0);
    if (says_none) return bundle;
    auto* const list = entries->get<json::Value::Array>();
    if (list == nullptr) return Failure(Errc::protocol, "Bundle.entry is no list");
    for (auto& entry : *list) {
        json::Value content;
        if (auto* inner = entry.find("resource")) content = std::move(*inner);
        auto const mode = mode_of(entry, content, searched);
        bundle.entries.push_back(
            {std::string(entry.text("fullUrl")), mode, std::move(content), match_grade(entry)}
        );
    }
    return bundle;
}

json::Value make_searchset(
    std::vector<SearchsetEntry> entries, std::optional<std::uint64_t> total, SearchsetLinks const& links
) {
    auto bundle = json::object({{"resourceType", "Bundle"}, {"type", "searchset"}});
    if (total) bundle.set("total", *total);
    json::Value link_list;
    add_link(link_list, "self", links.self);
    add_link(link_list, "next", links.next);
    add_link(link_list, "previous", links.previous);
    if (!link_list.is_null()) bundle.set("link", std::move(link_list));
    json::Value entry_list;
    for (auto& entry : entries) {
        json::Value made;
        if (!entry.full_url.empty()) made.set("fullUrl", std::move(entry.full_url));
        made.set("resource", std::move(entry.resource));
        made.set("search", json::object({{"mode", name_of(entry.mode)}}));
        entry_list.push(std::move(made));
    }
    if (!entry_list.is_null()) bundle.set("entry", std::move(entry_list));
    return bundle;
}

}  // namespace tributary::fhir
