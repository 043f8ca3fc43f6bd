#include "fhir/resources/operation_outcome.hpp"

#include "fhir/base/outcome_table.hpp"

namespace tributary::fhir {

namespace {

json::Value make_issue(Issue const& issue) {
    json::Value made;
    if (!issue.extension.items().empty()) made.set("extension", issue.extension);
    made.set("severity", issue.severity);
    made.set("code", issue.code.empty() ? std::string("processing") : issue.code);
    if (!issue.diagnostics.empty()) made.set("diagnostics", issue.diagnostics);
    if (!issue.expression.empty()) made.set("expression", json::array({issue.expression}));
    return made;
}

/// diagnostics, else what servers put into details.
std::string_view words_of(json::Value const& issue) {
    if (auto const words = issue.text("diagnostics"); !words.empty()) return words;
    auto const* details = issue.find("details");
    if (details == nullptr) return {};
    if (auto const words = details->text("text"); !words.empty()) return words;
    auto const& codings = details->items("coding");
    return codings.empty() ? std::string_view() : codings.front().text("display");
}

}  // namespace

json::Value make_operation_outcome(std::span<Issue const> issues) {
    json::Value list = json::array();
    for (auto const& issue : issues) list.push(make_issue(issue));
    if (issues.empty()) list.push(make_issue({"information", "informational", "All is well.", "", {}}));
    return json::object({{"resourceType", "OperationOutcome"}, {"issue", std::move(list)}});
}

json::Value make_operation_outcome(std::span<Failure const> failures) {
    std::vector<Issue> issues;
    for (auto const& failure : failures) {
        auto const& row = outcome_of(failure.errc());
        issues.push_back(
            {std::string(row.severity),
             std::string(row.issue),
             failure.detail().empty() ? std::string(row.name) : failure.detail(),
             failure.expression(),
             {}}
        );
    }
    return make_operation_outcome(issues);
}

std::vector<Issue> read_operation_outcome(json::Value const& resource) {
    std::vector<Issue> issues;
    for (auto const& issue : resource.items("issue")) {
        issues.push_back(
            {std::string(issue.text("severity")),
             std::string(issue.text("code")),
             std::string(words_of(issue)),
             "",
             {}}
        );
    }
    return issues;
}

}  // namespace tributary::fhir
