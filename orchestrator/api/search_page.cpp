#include "orchestrator/api/search_page.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fhir/resources/operation_outcome.hpp"
#include "orchestrator/api/request.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::api {

namespace {

constexpr std::size_t kMostOffset = std::size_t{1} << 31U;

Result<std::size_t> whole_number(std::string_view name, std::string const& text) {
    std::size_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return Failure(Errc::invalid, std::string(name) + " must be a whole number");
    return value;
}

}  // namespace

Result<SearchControl> take_control(
    std::vector<fhir::search::Parameter>& parameters, std::size_t page, std::size_t most
) {
    SearchControl control;
    control.count = page;
    for (std::string_view const name : {"_format", "_pretty", "_total", "_totalMethod"})
        take(parameters, name);
    for (auto const& text : take(parameters, "_count")) {
        auto const count = whole_number("_count", text);
        if (!count) return count.error();
        control.count = std::min(*count, most);
        control.count_only = *count == 0;
    }
    for (auto const& text : take(parameters, "_offset")) {
        auto const offset = whole_number("_offset", text);
        if (!offset) return offset.error();
        if (*offset > kMostOffset)
            return Failure(Errc::invalid, "_offset is beyond any page: follow the next links");
        control.offset = *offset;
    }
    std::erase_if(parameters, [&control](fhir::search::Parameter const& parameter) {
        if (parameter.name != "_summary" || parameter.values.size() != 1) return false;
        auto const& value = parameter.values.front();
        control.count_only = control.count_only || value == "count";
        return value == "count" || value == "false";
    });
    for (auto const& text : take(parameters, "_sort")) {
        if (!control.sort.empty() || text == "-") return Failure(Errc::invalid, "_sort takes one parameter");
        control.sort = text;
    }
    return control;
}

void put_back_sort(SearchControl& control, std::vector<fhir::search::Parameter>& parameters) {
    if (control.sort.empty()) return;
    fhir::search::Parameter sort;
    sort.name = "_sort";
    sort.values = {std::exchange(control.sort, {})};
    parameters.push_back(std::move(sort));
}

fhir::SearchsetLinks page_links(
    std::string const& url,
    std::vector<fhir::search::Parameter> parameters,
    SearchControl const& control,
    std::size_t total
) {
    auto const set = [&parameters](std::string const& name, std::string const& value) {
        fhir::search::Parameter parameter;
        parameter.name = name;
        parameter.values = {value};
        parameters.push_back(std::move(parameter));
    };
    auto const text = [&] { return parameters.empty() ? url : url + '?' + fhir::search::render(parameters); };
    if (!control.sort.empty()) set("_sort", control.sort);
    set("_count", control.count_only ? "0" : std::to_string(control.count));
    auto const plain = parameters;
    fhir::SearchsetLinks links;
    auto const at = [&](std::size_t offset) {
        parameters = plain;
        if (offset > 0) set("_offset", std::to_string(offset));
        return text();
    };
    links.self = at(control.offset);
    if (control.count_only) return links;
    if (control.offset + control.count < total) links.next = at(control.offset + control.count);
    if (control.offset > 0) links.previous = at(control.offset - std::min(control.offset, control.count));
    return links;
}

std::vector<Failure> unknown_parameters(
    std::vector<fhir::search::Parameter> const& unknown, std::string_view type
) {
    std::vector<Failure> failures;
    for (auto const& parameter : unknown) {
        failures.emplace_back(
            Errc::unknown_parameter,
            "the search parameter is not offered for " + std::string(type) + ": " + parameter.name +
                "; GET [base]/metadata lists those that are"
        );
    }
    return failures;
}

fhir::SearchsetEntry ignored_entry(std::vector<Failure> const& ignored) {
    std::vector<fhir::Issue> issues;
    for (Failure const& failure : ignored) {
        fhir::Issue issue;
        issue.severity = "warning";
        issue.code = "not-supported";
        issue.diagnostics = failure.detail() + " (ignored)";
        issues.push_back(std::move(issue));
    }
    return outcome_entry(fhir::make_operation_outcome(issues));
}

fhir::SearchsetEntry outcome_entry(fhir::json::Value outcome) {
    fhir::SearchsetEntry entry;
    entry.full_url = "urn:uuid:" + random_uuid();  // it has no address, and R4 wants one of every entry
    entry.resource = std::move(outcome);
    entry.mode = fhir::SearchMode::outcome;
    return entry;
}

}  // namespace tributary::api
