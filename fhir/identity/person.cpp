#include <algorithm>
#include <set>

#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/person_name.hpp"
#include "fhir/resources/identifier_key.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::fhir::identity {

namespace {

bool is_known(std::string_view gender) { return !gender.empty() && gender != "unknown"; }

bool genders_contradict(std::string_view a, std::string_view b) {
    return is_known(a) && is_known(b) && a != b;
}

/// A date of less precision contradicts only where it differs: 1970 and 1970-05-01 do not.
bool dates_contradict(std::string_view a, std::string_view b) {
    auto const common = std::min(a.size(), b.size());
    return a.substr(0, common) != b.substr(0, common);
}

/// Normalised, with a system: a bare number is shared by strangers.
std::set<std::string> identifier_keys(Patient const& patient) {
    std::set<std::string> keys;
    for (auto const& identifier : patient.identifiers) {
        auto key = identifier_key(identifier);
        if (!key.empty() && !key.starts_with('|')) keys.insert(std::move(key));
    }
    return keys;
}

bool share_identifier(Patient const& a, Patient const& b) {
    if (dates_contradict(a.birth_date, b.birth_date) || genders_contradict(a.gender, b.gender)) return false;
    auto const keys_of_a = identifier_keys(a);
    auto const keys_of_b = identifier_keys(b);
    return std::any_of(keys_of_a.begin(), keys_of_a.end(), [&](std::string const& key) {
        return keys_of_b.contains(key);
    });
}

/// By the identifier of a logical reference, which means the same everywhere.
bool links_by_identifier(Patient const& a, Patient const& b) {
    auto const keys = identifier_keys(b);
    return std::any_of(a.links.begin(), a.links.end(), [&](PatientLink const& link) {
        return link.other.identifier && keys.contains(identifier_key(*link.other.identifier));
    });
}

/// By id, which means something only at one partner.
bool links_by_reference(Patient const& a, Patient const& b) {
    return !b.id.empty() && std::any_of(a.links.begin(), a.links.end(), [&](PatientLink const& link) {
        auto const type = reference_type(link.other.reference);
        return (type.empty() || type == "Patient") && reference_id(link.other.reference) == b.id;
    });
}

/// "d|family|given|birthDate|gender" of each real name; none where something is missing.
std::set<std::string> demographic_keys(Patient const& patient) {
    std::set<std::string> keys;
    if (patient.birth_date.empty() || !is_known(patient.gender)) return keys;
    for (auto const& name : patient.names) {
        if (is_placeholder(name) || name.given.empty()) continue;
        auto const family = search::fold(name.family);
        auto const given = search::fold(name.given.front());
        if (family.empty() || given.empty()) continue;
        keys.insert("d|" + family + '|' + given + '|' + patient.birth_date + '|' + patient.gender);
    }
    return keys;
}

}  // namespace

bool linked(Patient const& a, Patient const& b) {
    return links_by_reference(a, b) || links_by_reference(b, a) || links_by_identifier(a, b) ||
           links_by_identifier(b, a) || share_identifier(a, b);
}

bool same_person(
    Patient const& a, std::string_view partner_of_a, Patient const& b, std::string_view partner_of_b
) {
    if (partner_of_a == partner_of_b) return (!a.id.empty() && a.id == b.id) || linked(a, b);
    if (links_by_identifier(a, b) || links_by_identifier(b, a) || share_identifier(a, b)) return true;
    auto const keys_of_a = demographic_keys(a);
    auto const keys_of_b = demographic_keys(b);
    return std::any_of(keys_of_a.begin(), keys_of_a.end(), [&](std::string const& key) {
        return keys_of_b.contains(key);
    });
}

std::vector<std::string> person_keys(Patient const& patient) {
    auto keys = demographic_keys(patient);
    for (auto const& key : identifier_keys(patient)) keys.insert("i|" + key);
    if (!patient.id.empty()) keys.insert("l|" + patient.id);
    for (auto const& link : patient.links) {
        if (auto const id = reference_id(link.other.reference); !id.empty())
            keys.insert("l|" + std::string(id));
        if (link.other.identifier) keys.insert("i|" + identifier_key(*link.other.identifier));
    }
    for (auto const& name : patient.names) {
        if (auto const family = search::fold(name.family); !family.empty()) keys.insert("f|" + family);
    }
    return {keys.begin(), keys.end()};
}

}  // namespace tributary::fhir::identity
