#include "examples/partner-simulator/fhir_facade.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "examples/partner-simulator/resources.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

FacadeAnswer refuse(unsigned status, std::string_view code, std::string_view diagnostics) {
    FacadeAnswer answer;
    answer.status = status;
    answer.body = fhir::json::write(operation_outcome("error", code, diagnostics));
    return answer;
}

FacadeAnswer give(fhir::json::Value const& resource, Step step) {
    FacadeAnswer answer;
    answer.body = fhir::json::write(resource);
    answer.step = step;
    return answer;
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

Step step_of(std::string_view type) {
    if (type == "Patient") return Step::patient_discovery;
    return type == "DocumentReference" ? Step::query_documents : Step::retrieve_document;
}

}  // namespace

FacadeAnswer FhirFacade::answer(FacadeRequest const& request) const {
    bool const get = request.method == "GET", post = request.method == "POST";
    if (get && request.path == "/metadata") return give(capability_statement(*community_, base_), Step::none);
    if (get && request.path.empty()) return further_page(request.query);
    if (!request.path.starts_with('/')) return refuse(404, "not-found", "no such path");
    auto const path = std::string_view(request.path).substr(1);
    auto const slash = std::min(path.find('/'), path.size());
    auto const type = path.substr(0, slash);
    auto const rest = slash < path.size() ? path.substr(slash + 1) : std::string_view();
    if (type != "Patient" && type != "DocumentReference" && type != "Binary") {
        return refuse(404, "not-supported", "resource type not offered here");
    }
    bool const searches = (get && rest.empty()) || (post && rest == "_search");
    if (searches && type != "Binary") return search(type, request.query);
    if (get && !rest.empty()) return read(type, rest, request.accept);
    return refuse(405, "not-supported", "interaction not offered here");
}

FacadeAnswer FhirFacade::read(std::string_view type, std::string_view id, std::string_view accept) const {
    if (type == "Binary") return read_binary(id, accept);
    if (type == "Patient") {
        auto const* patient = find_patient(*community_, id);
        if (patient != nullptr) return give(to_resource(*patient), Step::patient_discovery);
    }
    for (auto const& document : community_->documents) {
        if (type == "DocumentReference" && document.id == id) {
            return give(to_resource(*community_, document, base_), Step::query_documents);
        }
    }
    return refuse(404, "not-found", "no resource of that id");
}

FacadeAnswer FhirFacade::read_binary(std::string_view id, std::string_view accept) const {
    for (auto const& document : community_->documents) {
        for (auto const& content : document.contents) {
            if (content.delivery == Delivery::inline_data || content.binary_id != id) continue;
            if (accept.find("fhir+json") != std::string_view::npos)
                return give(to_binary_resource(content), Step::retrieve_document);
            FacadeAnswer answer;
            answer.content_type = content.content_type;
            answer.body = content.bytes.text();
            answer.step = Step::retrieve_document;
            return answer;
        }
    }
    return refuse(404, "not-found", "no resource of that id");
}

FacadeAnswer FhirFacade::search(std::string_view type, std::string_view query) const {
    auto const criteria = parse_query(query);
    auto answer = type == "Patient" ? search_patients(criteria) : search_documents(criteria, 0);
    answer.step = step_of(type);
    return answer;
}

FacadeAnswer FhirFacade::search_patients(std::vector<Criterion> const& criteria) const {
    auto const known = understood<Patient>(criteria);
    Searchset found;
    found.self = base_ + "/Patient?" + render_query(known);
    for (auto const& patient : community_->patients) {
        if (matches_all(known, patient)) found.matches.push_back(to_resource(patient));
    }
    found.total = found.matches.size();
    return give(to_bundle(std::move(found), base_), Step::patient_discovery);
}

FacadeAnswer FhirFacade::search_documents(std::vector<Criterion> const& criteria, std::size_t offset) const {
    auto known = understood<Document>(criteria);
    if (value_of(known, "patient").empty() && value_of(known, "subject").empty() &&
        value_of(known, "_id").empty()) {
        return refuse(400, "required", "a search for documents needs the parameter patient");
    }
    Searchset found;
    auto const asked = to_number(value_of(criteria, "_count"), community_->behaviour.page_size);
    auto const page_size = std::min(asked, community_->behaviour.page_size);
    for (auto const& document : community_->documents) {
        if (!matches_all(known, document)) continue;
        bool const on_page = found.total >= offset && found.total < offset + page_size;
        if (on_page) found.matches.push_back(to_resource(*community_, document, base_));
        ++found.total;
    }
    if (value_of(criteria, "_count") != "") known.push_back({"_count", "", {std::to_string(asked)}});
    found.self = base_ + "/DocumentReference?" + render_query(known);
    if (page_size > 0 && found.total > offset + page_size) found.next = page_link(known, offset + page_size);
    return give(to_bundle(std::move(found), base_), Step::query_documents);
}

std::string FhirFacade::page_link(std::vector<Criterion> const& criteria, std::size_t offset) const {
    return base_ + "?_getpages=" + base64url(std::to_string(offset) + '&' + render_query(criteria));
}

FacadeAnswer FhirFacade::further_page(std::string_view query) const {
    std::string token(value_of(parse_query(query), "_getpages"));
    std::replace(token.begin(), token.end(), '-', '+');
    std::replace(token.begin(), token.end(), '_', '/');
    token.append((4 - token.size() % 4) % 4, '=');
    auto const cursor = from_base64(token);
    auto const end = cursor ? cursor->find('&') : std::string::npos;
    if (end == std::string::npos) return refuse(410, "not-found", "this page link is unknown or has expired");
    return search_documents(
        parse_query(std::string_view(*cursor).substr(end + 1)), to_number(cursor->substr(0, end), 0)
    );
}

}  // namespace tributary::simulator
