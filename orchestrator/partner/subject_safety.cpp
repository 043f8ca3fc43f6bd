#include "orchestrator/partner/subject_safety.hpp"

#include <algorithm>

#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/document_identity.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::partner {

namespace {

constexpr std::string_view kPatient = "patient";  // what parse_query() makes of subject, too

/// patient and subject, with any modifier or chain.
bool is_about_patient(fhir::search::Parameter const& parameter) {
    return std::string_view(parameter.name).substr(0, parameter.name.find_first_of(":.")) == kPatient;
}

/// "…/DocumentReference", by search or operation; "" is relative to what was asked.
bool searches_documents(std::string_view path) {
    for (std::string_view const ending : {"/", "/_search", "/$docref"}) {
        if (path.ends_with(ending)) path.remove_suffix(ending.size());
    }
    return path.empty() || path == "DocumentReference" || path.ends_with("/DocumentReference");
}

std::string_view without_scheme(std::string_view url) {
    auto const scheme = url.find("://");
    return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

bool names_patient(
    std::string_view reference, std::string_view remote_id, std::vector<std::string> const& bases
) {
    if (fhir::reference_type(reference) != "Patient" || fhir::reference_id(reference) != remote_id)
        return false;
    auto const type = reference.rfind("Patient/");
    auto const prefix = without_scheme(reference.substr(0, type));
    if (prefix.empty()) return true;
    return std::any_of(bases.begin(), bases.end(), [&](std::string const& base) {
        auto own = without_scheme(base);
        while (own.ends_with('/')) own.remove_suffix(1);
        return prefix.size() == own.size() + 1 && prefix.starts_with(own);
    });
}

bool known_identifier(fhir::Identifier const& identifier, PatientMatch const& match) {
    if (match.patient == nullptr || identifier.value.empty()) return false;
    auto const wanted = fhir::identity::normalised(identifier);
    auto const& known = match.patient->identifiers;
    return std::any_of(known.begin(), known.end(), [&](fhir::Identifier const& own) {
        return fhir::identity::normalised(own) == wanted;
    });
}

/// The contained resource is the Patient asked for, as another partner's copy would be.
bool same_contained(fhir::json::Value const& resource, PatientMatch const& match) {
    auto const contained = fhir::read_patient(resource);
    if (!contained || match.patient == nullptr) return false;
    return fhir::identity::same_person(*contained, "contained", *match.patient, "asked for");
}

fhir::json::Value const* find_contained(fhir::DocumentReference const& document, std::string_view id) {
    for (auto const& resource : document.resource.items("contained")) {
        if (resource.text("id") == id) return &resource;
    }
    return nullptr;
}

bool refers_to(
    fhir::Reference const& reference,
    fhir::DocumentReference const& document,
    PatientMatch const& match,
    std::vector<std::string> const& bases
) {
    if (reference.reference.starts_with('#')) {
        auto const* contained = find_contained(document, std::string_view(reference.reference).substr(1));
        return contained != nullptr && same_contained(*contained, match);
    }
    if (!reference.reference.empty()) return names_patient(reference.reference, match.remote_id, bases);
    return reference.identifier && known_identifier(*reference.identifier, match);
}

bool is_empty(fhir::Reference const& reference) {
    return reference.reference.empty() && !reference.identifier;
}

bool contradicted(
    fhir::DocumentReference const& document, PatientMatch const& match, std::vector<std::string> const& bases
) {
    auto const source = fhir::read_reference(document.resource.at("context", "sourcePatientInfo"));
    if (!is_empty(source) && !refers_to(source, document, match, bases)) return true;
    auto const& contained = document.resource.items("contained");
    return std::any_of(contained.begin(), contained.end(), [&](fhir::json::Value const& resource) {
        return resource.text("resourceType") == "Patient" && !same_contained(resource, match);
    });
}

}  // namespace

bool is_about(
    fhir::DocumentReference const& document,
    PatientMatch const& match,
    std::vector<std::string> const& bases,
    bool filter_proven
) {
    if (is_empty(document.subject)) return filter_proven && !contradicted(document, match, bases);
    return refers_to(document.subject, document, match, bases);
}

PatientFilter patient_filter(
    std::string_view self_link, std::string_view remote_id, std::vector<std::string> const& bases
) {
    auto const query = self_link.find('?');
    if (query == std::string_view::npos) return PatientFilter::unsaid;
    auto parameters = fhir::search::parse_query(self_link.substr(query + 1));
    if (!parameters) return PatientFilter::another;
    std::erase_if(*parameters, [](fhir::search::Parameter const& one) { return !is_about_patient(one); });
    if (parameters->empty()) return PatientFilter::unsaid;
    auto const asks = [&](fhir::search::Parameter const& one) {
        return one.name == kPatient && one.modifier.empty() && one.values.size() == 1 &&
               (one.values.front() == remote_id || names_patient(one.values.front(), remote_id, bases));
    };
    bool const ours = searches_documents(self_link.substr(0, query)) &&
                      std::all_of(parameters->begin(), parameters->end(), asks);
    return ours ? PatientFilter::applied : PatientFilter::another;
}

}  // namespace tributary::partner
