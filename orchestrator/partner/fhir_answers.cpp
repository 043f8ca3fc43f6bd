#include "orchestrator/partner/fhir_answers.hpp"

#include <algorithm>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/bundle.hpp"
#include "fhir/resources/operation_outcome.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/partner/subject_safety.hpp"

namespace tributary::partner {

namespace {

bool is_error(fhir::json::Value const& resource) {
    auto const issues = fhir::read_operation_outcome(resource);
    return std::any_of(issues.begin(), issues.end(), [](fhir::Issue const& issue) {
        return issue.severity == "error" || issue.severity == "fatal";
    });
}

Result<fhir::Bundle> read_bundle(std::string_view body, std::string_view type) {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    auto const start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return Failure(Errc::invalid, "an empty body instead of a Bundle");
    if (body[start] == '<') return Failure(Errc::invalid, "XML or HTML instead of a Bundle in JSON");
    auto resource = fhir::json::read(body);
    if (!resource) return resource.error();
    auto bundle = fhir::read_searchset(std::move(*resource), type);
    if (!bundle && bundle.error().errc() == Errc::protocol)
        return Failure(Errc::invalid, bundle.error().detail());
    return bundle;
}

/// Entries that are on every copy of a page, in their order: what a server that turns in circles repeats.
class ContentDigest {
public:
    void add(fhir::BundleEntry const& entry) {
        auto const* meta = entry.resource.find("meta");
        for (std::string_view part :
             {entry.resource.text("resourceType"),
              entry.resource.text("id"),
              std::string_view(entry.full_url),
              meta == nullptr ? std::string_view() : meta->text("versionId")}) {
            seen_.append(part).push_back('\n');
        }
    }
    std::string text() const { return seen_.empty() ? std::string() : hex(sha256(seen_)); }

private:
    std::string seen_;
};

struct Sorted {
    std::vector<fhir::BundleEntry> matches;
    PageFacts page;
    std::string self;
    bool partial = false;
};
Result<Sorted> sort_entries(std::string_view body, std::string_view type) {
    auto bundle = read_bundle(body, type);
    if (!bundle) return bundle.error();
    Sorted sorted;
    ContentDigest digest;
    for (auto& entry : bundle->entries) {
        auto const is = entry.resource.text("resourceType");
        if (is == "OperationOutcome") {
            if (is_error(entry.resource)) sorted.partial = true;
        } else if (is == type && entry.mode == fhir::SearchMode::match) {
            digest.add(entry);
            sorted.matches.push_back(std::move(entry));
        }
    }
    sorted.self = std::move(bundle->self);
    sorted.page = {bundle->next, digest.text(), sorted.matches.size(), bundle->total};
    return sorted;
}

/// "https://x/fhir" of "https://x/fhir/DocumentReference?…", for a partner whose own idea of its base is another than ours.
std::string base_of(std::string_view url) {
    auto const type = url.find("/DocumentReference");
    return std::string(type == std::string_view::npos ? std::string_view() : url.substr(0, type));
}

}  // namespace

Result<PatientsAnswer> read_patients(std::string_view body) {
    auto sorted = sort_entries(body, "Patient");
    if (!sorted) return sorted.error();
    PatientsAnswer answer;
    answer.page = std::move(sorted->page);
    answer.partial = sorted->partial;
    for (auto& entry : sorted->matches) {
        auto patient = fhir::read_patient(std::move(entry.resource));
        if (patient && !patient->id.empty()) {
            answer.patients.push_back(std::move(*patient));
        } else {
            answer.partial = true;
        }
    }
    return answer;
}

Result<DocumentsAnswer> read_documents(std::string_view body, DocumentsQuestion const& question) {
    auto sorted = sort_entries(body, "DocumentReference");
    if (!sorted) return sorted.error();
    std::vector<std::string> bases{question.base, base_of(sorted->self)};
    if (!sorted->matches.empty()) bases.push_back(base_of(sorted->matches.front().full_url));
    std::erase(bases, std::string());
    DocumentsAnswer answer;
    answer.filter_proven =
        question.filter_proven || proves_patient_filter(sorted->self, question.match.remote_id);
    answer.page = std::move(sorted->page);
    answer.partial = sorted->partial;
    if (sorted->matches.size() > question.entries_per_page) {
        sorted->matches.resize(question.entries_per_page);
        answer.partial = true;
    }
    for (auto& entry : sorted->matches) {
        auto document = fhir::read_document_reference(std::move(entry.resource));
        if (!document) {
            answer.partial = true;
        } else if (!is_about(*document, question.match, bases, answer.filter_proven)) {
            ++answer.dropped;
        } else {
            if (document->id.empty()) document->id = hex(sha256(fhir::json::write(document->resource)));
            answer.entries.push_back(std::move(*document));
        }
    }
    return answer;
}

bool says_domain_unknown(std::string_view body) {
    auto const resource = fhir::json::read(body);
    if (!resource) return false;
    auto const issues = fhir::read_operation_outcome(*resource);
    return std::any_of(issues.begin(), issues.end(), [](fhir::Issue const& issue) {
        return issue.code == "not-found" &&
               (issue.severity == "warning" || issue.diagnostics.find("targetSystem") != std::string::npos);
    });
}

Result<std::string> read_software(std::string_view body) {
    auto const resource = fhir::json::read(body);
    if (!resource) return resource.error();
    if (resource->text("resourceType") != "CapabilityStatement")
        return Failure(Errc::invalid, "no CapabilityStatement");
    auto const* software = resource->find("software");
    std::string name = software == nullptr ? "unnamed" : std::string(software->text("name"));
    if (software != nullptr && !software->text("version").empty())
        name.append(" ").append(software->text("version"));
    return name;
}

}  // namespace tributary::partner
