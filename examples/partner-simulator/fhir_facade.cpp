#include "examples/partner-simulator/fhir_facade.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "examples/partner-simulator/patient_match.hpp"
#include "examples/partner-simulator/pix.hpp"
#include "examples/partner-simulator/resources.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

FacadeAnswer refuse(unsigned status, std::string_view code, std::string_view diagnostics) {
    return FacadeAnswer::resource(operation_outcome("error", code, diagnostics), Step::none, status);
}

/// Those of `criteria` that say something about T; the others are ignored, and missing in the self link.
template <class T>
std::vector<Criterion> understood(std::vector<Criterion> const& criteria) {
    std::vector<Criterion> known;
    for (auto const& criterion : criteria) {
        if (matches(criterion, T{}).has_value()) known.push_back(criterion);
    }
    return known;
}

template <class T>
bool matches_all(std::vector<Criterion> const& criteria, T const& item) {
    return std::all_of(criteria.begin(), criteria.end(), [&](Criterion const& criterion) {
        return matches(criterion, item).value_or(true);
    });
}

std::size_t to_number(std::string_view text, std::size_t otherwise) {
    std::size_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : otherwise;
}

std::string joined(std::string query, std::string_view body) {
    if (!query.empty() && !body.empty()) query += '&';
    return query.append(body);
}

/// "urn:oid:1.2|": only this domain's identifiers are wanted; "" for any other value.
std::string_view domain_filter(std::vector<Criterion> const& criteria) {
    auto const value = value_of(criteria, "identifier");
    return value.ends_with('|') ? value.substr(0, value.size() - 1) : std::string_view();
}

void trim_to_domain(Patient& patient, std::string_view domain) {
    std::erase_if(patient.identifiers, [&](Identifier const& one) { return one.system != domain; });
}

Found to_match(Patient const& patient, fhir::json::Value search = {}) {
    return {"Patient", patient.id, fhir::json::write(to_resource(patient)), std::move(search)};
}

}  // namespace

std::string_view wire(Step step) {
    constexpr std::array<std::string_view, kSteps> kNames = {
        "other", "token", "patient_discovery", "query_documents", "retrieve_document"
    };
    return kNames.at(static_cast<std::size_t>(step));
}

FacadeAnswer FacadeAnswer::resource(fhir::json::Value const& resource, Step step, unsigned status) {
    FacadeAnswer answer;
    answer.status = status;
    answer.body = fhir::json::write(resource);
    answer.step = step;
    return answer;
}

FacadeAnswer FhirFacade::answer(FacadeRequest const& request) const {
    bool const get = request.method == "GET", post = request.method == "POST";
    if (get && request.path == "/metadata")
        return FacadeAnswer::resource(capability_statement(*community_, base_), Step::none);
    auto const page = get ? raw_value_of(request.query, page_parameter(community_->behaviour.family)) : "";
    if (!page.empty() || (get && request.path.empty())) return further_page(page);
    if (!request.path.starts_with('/')) return refuse(404, "not-found", "no such path");
    auto const path = std::string_view(request.path).substr(1);
    auto const slash = std::min(path.find('/'), path.size());
    auto const type = path.substr(0, slash);
    auto const rest = slash < path.size() ? path.substr(slash + 1) : std::string_view();
    if (type != "Patient" && type != "DocumentReference" && type != "Binary")
        return refuse(404, "not-supported", "resource type not offered here");
    if (rest.starts_with('$')) return operation(path, request);
    bool const posted = post && rest == "_search";
    if (type != "Binary" && (posted || (get && rest.empty()))) {
        auto const criteria = parse_query(posted ? joined(request.query, request.body) : request.query);
        return type == "Patient" ? search_patients(criteria) : search_documents(criteria, 0);
    }
    if (get && !rest.empty()) return read(type, rest, request.accept);
    return refuse(405, "not-supported", "interaction not offered here");
}

FacadeAnswer FhirFacade::operation(std::string_view name, FacadeRequest const& request) const {
    auto const family = community_->behaviour.family;
    if (family == Family::epic && name == "Patient/$match" && request.method == "POST")
        return match(request.body);
    if (family == Family::ihe && name == "Patient/$ihe-pix" && request.method == "GET")
        return cross_reference(*community_, base_, parse_query(request.query));
    return refuse(400, "not-supported", "operation not offered here");
}

FacadeAnswer FhirFacade::match(std::string_view body) const {
    auto const question = read_match_question(body);
    if (!question) {
        auto const failure = question.error();
        return refuse(422, "required", failure.detail());
    }
    Searchset found;
    found.self = base_ + "/Patient/$match";
    for (auto const& match : match_patients(community_->patients, *question))
        found.matches.push_back(to_match(*match.patient, to_search(match.grade)));
    found.total = found.matches.size();
    return give(std::move(found), Step::patient_discovery);
}

FacadeAnswer FhirFacade::read(std::string_view type, std::string_view id, std::string_view accept) const {
    if (type == "Binary") return read_binary(id, accept);
    if (type == "Patient") {
        auto const* patient = find_patient(*community_, id);
        if (patient != nullptr) return FacadeAnswer::resource(to_resource(*patient), Step::patient_discovery);
    }
    auto const* document = type == "DocumentReference" ? shelf_.find_document(id) : nullptr;
    if (document == nullptr) return refuse(404, "not-found", "no resource of that id");
    FacadeAnswer answer;
    answer.body = shelf_.text(*document);
    answer.step = Step::query_documents;
    return answer;
}

FacadeAnswer FhirFacade::read_binary(std::string_view id, std::string_view accept) const {
    auto const* content = shelf_.find_binary(id);
    if (content == nullptr) return refuse(404, "not-found", "no resource of that id");
    if (accept.find("fhir+json") != std::string_view::npos)
        return FacadeAnswer::resource(to_binary_resource(*content), Step::retrieve_document);
    FacadeAnswer answer;
    answer.content_type = content->content_type;
    answer.body = content->bytes.text();
    answer.step = Step::retrieve_document;
    return answer;
}

FacadeAnswer FhirFacade::search_patients(std::vector<Criterion> const& criteria) const {
    auto const known = understood<Patient>(criteria);
    auto const domain = community_->behaviour.family == Family::ihe ? domain_filter(known) : "";
    if (!domain.empty() && !knows_domain(*community_, domain)) {
        auto const outcome = operation_outcome("warning", "not-found", "targetSystem not found");
        return FacadeAnswer::resource(outcome, Step::patient_discovery, 404);
    }
    Searchset found;
    found.self = base_ + "/Patient?" + render_query(known);
    for (auto const& patient : community_->patients) {
        if (!matches_all(known, patient)) continue;
        auto shown = patient;
        if (!domain.empty()) trim_to_domain(shown, domain);
        found.matches.push_back(to_match(shown));
    }
    found.total = found.matches.size();
    return give(std::move(found), Step::patient_discovery);
}

FacadeAnswer FhirFacade::search_documents(std::vector<Criterion> const& criteria, std::size_t offset) const {
    auto known = understood<Document>(criteria);
    auto const named = value_of(known, "patient");
    std::string const patient(named.empty() ? value_of(known, "subject") : named);
    bool const by_id = !value_of(known, "_id").empty();
    if (patient.empty() && !by_id)
        return refuse(400, "required", "a search for documents needs the parameter patient");
    Searchset found;
    auto const most = community_->behaviour.page_size;
    auto const asked = to_number(value_of(criteria, "_count"), most);
    auto const page_size = std::min(asked, most);
    auto const& candidates = by_id ? shelf_.all() : shelf_.listed_for(patient.substr(patient.rfind('/') + 1));
    for (auto const* document : candidates) {
        if (!matches_all(known, *document)) continue;
        bool const on_page = found.total >= offset && found.total < offset + page_size;
        if (on_page) found.matches.push_back({"DocumentReference", document->id, shelf_.text(*document), {}});
        ++found.total;
    }
    if (value_of(criteria, "_count") != "") known.push_back({"_count", "", {std::to_string(asked)}});
    found.self = base_ + "/DocumentReference?" + render_query(known);
    auto const end = offset + page_size;
    bool const empty_last = community_->behaviour.family == Family::cerner && found.total == end;
    if (page_size > 0 && (found.total > end || empty_last)) found.next = page_link(known, end);
    return give(std::move(found), Step::query_documents);
}

FacadeAnswer FhirFacade::give(Searchset searchset, Step step) const {
    bool const found = searchset.total > 0;
    auto answer = FacadeAnswer::resource(to_bundle(std::move(searchset), base_, community_->behaviour), step);
    answer.found = found;
    return answer;
}

std::string FhirFacade::page_link(std::vector<Criterion> const& criteria, std::size_t offset) const {
    auto const family = community_->behaviour.family;
    auto const path = family == Family::hapi ? base_ : base_ + "/DocumentReference";
    auto const cursor = base64url(std::to_string(offset) + '&' + render_query(criteria));
    return path + '?' + std::string(page_parameter(family)) + '=' + cursor;
}

FacadeAnswer FhirFacade::further_page(std::string_view token) const {
    std::string padded(token);
    std::replace(padded.begin(), padded.end(), '-', '+');
    std::replace(padded.begin(), padded.end(), '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    auto const cursor = from_base64(padded);
    auto const end = cursor ? cursor->find('&') : std::string::npos;
    if (end == std::string::npos) return refuse(410, "not-found", "this page link is unknown or has expired");
    return search_documents(
        parse_query(std::string_view(*cursor).substr(end + 1)), to_number(cursor->substr(0, end), 0)
    );
}

}  // namespace tributary::simulator
