#include <algorithm>
#include <set>

#include "fhir/base/ascii.hpp"
#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/person_name.hpp"
#include "fhir/identity/person_traits.hpp"
#include "fhir/resources/identifier_key.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::fhir::identity {

namespace {

bool is_known(std::string_view gender) { return !gender.empty() && gender != "unknown"; }

/// "999-99-9999", "000000", "UNK": what a clerk types where there is no number.
bool is_filler(Identifier const& identifier) {
    auto const value = search::fold(identifier.value);
    if (value == "unk" || value == "unknown" || value == "none" || value == "na" || value == "n a")
        return true;
    std::string digits;
    std::copy_if(value.begin(), value.end(), std::back_inserter(digits), ascii::is_digit);
    bool const only_digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c == ' ' || ascii::is_digit(c); });
    constexpr std::size_t kShortest = 6;
    return only_digits && digits.size() >= kShortest &&
           digits.find_first_not_of(digits.front()) == std::string::npos;
}

/// Normalised, with a system: a bare number is shared by strangers.
std::set<std::string> identifier_keys(Patient const& patient) {
    std::set<std::string> keys;
    for (auto const& identifier : patient.identifiers) {
        auto key = identifier_key(identifier);
        if (!key.empty() && !key.starts_with('|') && !is_filler(identifier)) keys.insert(std::move(key));
    }
    return keys;
}

bool share_identifier(Patient const& a, Patient const& b) {
    if (contradict(a, b) || names_contradict(a, b)) return false;
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
        if (is_placeholder(name) || is_alias(name) || name.given.empty()) continue;
        auto const family = search::fold(name.family);
        auto const given = search::fold(name.given.front());
        if (family.empty() || given.empty()) continue;
        keys.insert("d|" + family + '|' + given + '|' + patient.birth_date + '|' + patient.gender);
    }
    return keys;
}

}  // namespace

bool contradict(Patient const& a, Patient const& b) {
    bool const genders = is_known(a.gender) && is_known(b.gender) && a.gender != b.gender;
    return genders || birth_dates(a, b) == Agreement::contradicts;
}

bool linked(Patient const& a, Patient const& b) {
    return links_by_reference(a, b) || links_by_reference(b, a) || links_by_identifier(a, b) ||
           links_by_identifier(b, a) || share_identifier(a, b);
}

Kinship kinship(
    Patient const& a, std::string_view partner_of_a, Patient const& b, std::string_view partner_of_b
) {
    if (partner_of_a == partner_of_b) {
        bool const one = (!a.id.empty() && a.id == b.id) || linked(a, b);
        return one ? Kinship::linked : Kinship::none;
    }
    if (links_by_identifier(a, b) || links_by_identifier(b, a) || share_identifier(a, b))
        return Kinship::linked;
    auto const keys_of_a = demographic_keys(a);
    auto const keys_of_b = demographic_keys(b);
    bool const alike = std::any_of(keys_of_a.begin(), keys_of_a.end(), [&](std::string const& key) {
        return keys_of_b.contains(key);
    });
    return alike ? Kinship::alike : Kinship::none;
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
