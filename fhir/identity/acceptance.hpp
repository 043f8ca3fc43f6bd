#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/resources/patient.hpp"
#include "fhir/search/patient_query.hpp"

namespace tributary::fhir::identity {

enum class Acceptance { strict, search };

/// Is this Patient the one asked for? strict: document-sharing A.4.4 (folded whole names, first given, birthDate and gender where both carry them, a
/// birthdate asked for must be there, placeholder names never on demographics alone); search: every hit by FHIR search rules. query.references are not looked at;
/// where the query has nothing but them, every Patient passes, since then they alone decide.
bool accepts(Acceptance acceptance, search::PatientQuery const& query, Patient const& patient);

enum class Resolution { no_match, matched, ambiguous };
struct Resolved {
    Resolution resolution = Resolution::no_match;
    std::vector<Patient> patients;  ///< matched: whom to ask documents for, at most max_matches
    std::size_t refused = 0;        ///< candidates that were not accepted
};
/// One partner's answer to PD, steps 3 to 5 of document-sharing A.4: inactive without survivor dropped, accepted, one person or ambiguous.
/// With Acceptance::search every hit is followed, up to max_matches, and nothing is ambiguous.
Resolved resolve(
    Acceptance acceptance,
    search::PatientQuery const& query,
    std::vector<Patient> candidates,
    std::size_t max_matches
);

/// Linked by Patient.link or by a shared identifier (same system and value, birthDate and gender not contradicting).
bool linked(Patient const& a, Patient const& b);
/// linked(), or, for Patients of different partners, equal folded family, first given, birthDate and gender, all present. Source: architecture 8.
bool same_person(
    Patient const& a, std::string_view partner_of_a, Patient const& b, std::string_view partner_of_b
);

/// By what a Patient can be found again: two Patients that may be same_person() share at least one key. Identifier keys "i|system|value" and a
/// demographics key "d|family|given|birthDate|gender" of each real name where all are present. "l|id" of the Patient itself and of each one it links to. Also "f|folded family" for each name, for candidate look-up.
std::vector<std::string> person_keys(Patient const& patient);

}  // namespace tributary::fhir::identity
