#include "orchestrator/partner/fhir_answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/bundle.hpp"
#include "fhir/resources/operation_outcome.hpp"
#include "fhir/search/parameter.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/partner/subject_safety.hpp"

namespace tributary::partner {

namespace {

constexpr unsigned kBadRequest = 400;

bool is_error(fhir::Issue const& issue) { return issue.severity == "error" || issue.severity == "fatal"; }

/// Part of the sources did not answer this time.
bool may_pass(fhir::Issue const& issue) {
    static constexpr std::array<std::string_view, 6> kCodes{
        "timeout", "transient", "throttled", "incomplete", "lock-error", "no-store"
    };
    return std::find(kCodes.begin(), kCodes.end(), issue.code) != kCodes.end();
}

/// The question was not understood.
bool refuses_question(fhir::Issue const& issue) {
    static constexpr std::array<std::string_view, 4> kCodes{
        "not-supported", "invalid", "value", "code-invalid"
    };
    return std::find(kCodes.begin(), kCodes.end(), issue.code) != kCodes.end();
}

/// What an OperationOutcome of severity error or fatal means when it stands in place of an answer.
std::optional<Failure> failure_of(fhir::json::Value const& outcome) {
    for (auto const& issue : fhir::read_operation_outcome(outcome)) {
        if (is_error(issue) && may_pass(issue))
            return Failure(Errc::http_status, "an OperationOutcome: " + issue.code).with_status(503);
        if (!is_error(issue)) continue;
        auto const status = refuses_question(issue) ? kBadRequest : 0U;
        return Failure(Errc::invalid, "an OperationOutcome in place of an answer").with_status(status);
    }
    return std::nullopt;
}

/// Beside an answer: it is not the whole one.
bool says_partial(fhir::json::Value const& outcome) {
    auto const issues = fhir::read_operation_outcome(outcome);
    return std::any_of(issues.begin(), issues.end(), [](fhir::Issue const& issue) {
        return is_error(issue) || may_pass(issue);
    });
}

/// The resource in a Parameters that some servers put around the answer of an operation.
fhir::json::Value unwrapped(fhir::json::Value resource) {
    if (resource.text("resourceType") != "Parameters") return resource;
    for (auto const& parameter : resource.items("parameter")) {
        if (auto const* inner = parameter.find("resource")) return *inner;
    }
    return resource;
}

/// Without the byte order mark that some servers put before their JSON.
std::string_view without_mark(std::string_view body) {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    return body;
}

Result<fhir::Bundle> read_bundle(std::string_view body, std::string_view type) {
    body = without_mark(body);
    auto const start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return Failure(Errc::invalid, "an empty body instead of a Bundle");
    if (body[start] == '<') return Failure(Errc::invalid, "XML or HTML instead of a Bundle in JSON");
    auto resource = fhir::json::read(body);
    if (!resource) return resource.error();
    resource = polled_answer(std::move(*resource));
    if (!resource) return resource.error();
    *resource = unwrapped(std::move(*resource));
    if (resource->text("resourceType") == "OperationOutcome") {
        if (auto failure = failure_of(*resource)) return std::move(*failure);
    }
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
/// An answer of nothing but an error is none.
Result<Sorted> sort_entries(std::string_view body, std::string_view type) {
    auto bundle = read_bundle(body, type);
    if (!bundle) return bundle.error();
    Sorted sorted;
    ContentDigest digest;
    std::optional<Failure> error;
    for (auto& entry : bundle->entries) {
        auto const is = entry.resource.text("resourceType");
        if (is.empty()) {
            sorted.partial = true;
        } else if (is == "OperationOutcome") {
            sorted.partial = sorted.partial || says_partial(entry.resource);
            if (!error) error = failure_of(entry.resource);
        } else if (is == type && entry.mode == fhir::SearchMode::match) {
            digest.add(entry);
            sorted.matches.push_back(std::move(entry));
        }
    }
    if (error && sorted.matches.empty()) return std::move(*error);
    sorted.self = std::move(bundle->self);
    sorted.page = {bundle->next, digest.text(), sorted.matches.size(), bundle->total};
    return sorted;
}

/// "https://x/fhir" of "https://x/fhir/DocumentReference?…", for a partner whose own idea of its base is another than ours.
std::string base_of(std::string_view url) {
    auto const type = url.find("/DocumentReference");
    return std::string(type == std::string_view::npos ? std::string_view() : url.substr(0, type));
}

bool names_match(fhir::json::Value const& served) {
    auto const& operations = served.items("operation");
    return std::any_of(operations.begin(), operations.end(), [](fhir::json::Value const& operation) {
        return operation.text("name") == "match" || operation.text("name") == "$match";
    });
}

PatientsAnswer read_candidates(Sorted sorted) {
    PatientsAnswer answer;
    answer.page = std::move(sorted.page);
    answer.self = std::move(sorted.self);
    answer.partial = sorted.partial;
    for (auto& entry : sorted.matches) {
        auto patient = fhir::read_patient(std::move(entry.resource));
        if (patient && !patient->id.empty()) {
            answer.patients.push_back(std::move(*patient));
        } else {
            answer.partial = true;
        }
    }
    return answer;
}

bool is_unlikely(fhir::BundleEntry const& entry) {
    return entry.match_grade == "possible" || entry.match_grade == "certainly-not";
}

}  // namespace

Result<PatientsAnswer> read_patients(std::string_view body) {
    auto sorted = sort_entries(body, "Patient");
    if (!sorted) return sorted.error();
    return read_candidates(std::move(*sorted));
}

Result<PatientsAnswer> read_matches(std::string_view body) {
    auto sorted = sort_entries(body, "Patient");
    if (!sorted) return sorted.error();
    std::erase_if(sorted->matches, is_unlikely);
    return read_candidates(std::move(*sorted));
}

bool ignored(std::string_view self_link, std::string_view parameter) {
    auto const query = self_link.find('?');
    auto const path = self_link.substr(0, query);
    bool const shows =
        query != std::string_view::npos && (path.ends_with("/Patient") || path.ends_with("/Patient/_search"));
    if (!shows) return false;
    auto const applied = fhir::search::parse_query(self_link.substr(query + 1));
    return applied.has_value() &&
           std::none_of(applied->begin(), applied->end(), [&](fhir::search::Parameter const& one) {
               return one.name == parameter;
           });
}

Result<DocumentsAnswer> read_documents(std::string_view body, DocumentsQuestion const& question) {
    auto sorted = sort_entries(body, "DocumentReference");
    if (!sorted) return sorted.error();
    std::vector<std::string> bases{question.base, base_of(sorted->self)};
    if (!sorted->matches.empty()) bases.push_back(base_of(sorted->matches.front().full_url));
    std::erase(bases, std::string());
    DocumentsAnswer answer;
    auto const filter = patient_filter(sorted->self, question.match.remote_id, bases);
    answer.filter_proven =
        filter == PatientFilter::applied || (filter == PatientFilter::unsaid && question.filter_proven);
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

Result<fhir::DocumentReference> read_document(
    std::string_view body, DocumentsQuestion const& question, std::string_view id
) {
    auto resource = fhir::json::read(without_mark(body));
    if (!resource) return resource.error();
    auto document = fhir::read_document_reference(std::move(*resource));
    if (!document) return document.error();
    if (document->id != id || !is_about(*document, question.match, {question.base}, true))
        return Failure(Errc::not_found, "the DocumentReference is about another patient");
    return document;
}

Result<fhir::json::Value> polled_answer(fhir::json::Value resource) {
    if (resource.text("resourceType") != "Bundle" || resource.text("type") != "batch-response")
        return resource;
    auto* const list = resource.find("entry");
    auto* const entries = list == nullptr ? nullptr : list->get<fhir::json::Value::Array>();
    if (entries == nullptr || entries->size() != 1) return resource;
    auto* answer = entries->front().find("resource");
    auto* const response = entries->front().find("response");
    auto const said = response == nullptr ? std::string_view() : response->text("status");
    unsigned status = 0;
    (void)std::from_chars(said.data(), said.data() + said.size(), status);
    if (status >= 400 && status < 600)
        return Failure(Errc::http_status, "the job that was polled for has failed").with_status(status);
    if (answer == nullptr && response != nullptr) answer = response->find("outcome");
    if (answer == nullptr) return resource;
    auto inner = std::move(*answer);
    return inner;
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

Result<Capabilities> read_capabilities(std::string_view body) {
    auto const resource = fhir::json::read(without_mark(body));
    if (!resource) return resource.error();
    if (resource->text("resourceType") != "CapabilityStatement")
        return Failure(Errc::invalid, "no CapabilityStatement");
    Capabilities capabilities;
    auto const* software = resource->find("software");
    capabilities.software = software == nullptr ? "unnamed" : std::string(software->text("name"));
    if (software != nullptr && !software->text("version").empty())
        capabilities.software.append(" ").append(software->text("version"));
    capabilities.fhir_version = resource->text("fhirVersion");
    bool lists = false, documents = false;
    for (auto const& rest : resource->items("rest")) {
        if (rest.text("mode") == "client") continue;
        for (auto const& served : rest.items("resource")) {
            lists = true;
            documents = documents || served.text("type") == "DocumentReference";
            if (served.text("type") == "Patient" && names_match(served)) capabilities.offers_match = true;
        }
    }
    capabilities.lacks_documents = lists && !documents;
    return capabilities;
}

}  // namespace tributary::partner
