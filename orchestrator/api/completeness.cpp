#include "orchestrator/api/completeness.hpp"

#include "cache/progress_resource.hpp"
#include "fhir/resources/operation_outcome.hpp"

namespace tributary::api {

namespace {

using fhir::json::Value;

std::string words(cache::Progress const& progress) {
    if (progress.state == cache::DiscoveryState::none) {
        return "No partner was asked for this patient: create a Subscription to start a Discovery";
    }
    std::string const counts = std::to_string(progress.answered) + " of " + std::to_string(progress.asked) +
                               " partners have answered, " + std::to_string(progress.failed) + " failed, " +
                               std::to_string(progress.pending) + " are still asked";
    return progress.state == cache::DiscoveryState::complete ? counts
                                                             : counts + ": search again for the rest";
}

std::string_view partner_words(std::string_view issue) {
    if (issue == "multiple-matches") return "more than one patient fits: no documents were asked for";
    if (issue == "incomplete") return "the answer was cut short";
    if (issue == "timeout") return "did not answer in time, and is asked again while a Subscription wants it";
    if (issue == "throttled") return "wants to be asked later, and is";
    if (issue == "transient")
        return "could not be reached or failed, and is asked again while a Subscription wants it";
    if (issue == "forbidden") return "refused to answer this server";
    return "gave an answer that cannot be used";
}

}  // namespace

std::optional<Value> completeness_outcome(cache::Progress const& progress, std::string_view canonical_base) {
    bool const complete = progress.state == cache::DiscoveryState::complete;
    if (complete && progress.issues.empty() && progress.failed == 0) return std::nullopt;
    bool const running =
        progress.state == cache::DiscoveryState::running || progress.state == cache::DiscoveryState::late;
    std::vector<fhir::Issue> issues(1);
    issues.front().severity = running ? "information" : "warning";
    issues.front().code = "incomplete";
    issues.front().diagnostics = words(progress);
    issues.front().extension = fhir::json::array({cache::progress_extension(progress, {}, canonical_base)});
    for (auto const& partner : progress.issues) {
        fhir::Issue issue;
        issue.severity = "warning";
        issue.code = partner.issue;
        issue.diagnostics = partner.partner + ": " + std::string(partner_words(partner.issue));
        issues.push_back(std::move(issue));
    }
    return fhir::make_operation_outcome(issues);
}

}  // namespace tributary::api
