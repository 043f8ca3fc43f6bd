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
    bool cut = false;               ///< there are more than max_matches
};
/// One partner's answer to PD, steps 3 to 5 of document-sharing A.4: inactive without survivor dropped, accepted, one person or ambiguous.
/// With Acceptance::search every hit is followed, up to max_matches, and nothing is ambiguous.
Resolved resolve(
    Acceptance acceptance,
    search::PatientQuery const& query,
    std::vector<Patient> candidates,
    std::size_t max_matches
);

/// Linked by Patient.link or by a shared identifier that stands for somebody (not 999-99-9999 or UNK), with neither birthDate, gender nor the whole name contradicting.
bool linked(Patient const& a, Patient const& b);
/// Why two Patients are one Person. Source: architecture 8.
enum class Kinship {
    none,
    alike,  ///< at different partners: equal folded family, first given, birthDate and gender, all present; aliases do not count
    linked
};
Kinship kinship(
    Patient const& a, std::string_view partner_of_a, Patient const& b, std::string_view partner_of_b
);
inline bool same_person(
    Patient const& a, std::string_view partner_of_a, Patient const& b, std::string_view partner_of_b
) {
    return kinship(a, partner_of_a, b, partner_of_b) != Kinship::none;
}
/// Both carry a birthDate, or a gender, and they differ: never one Person, unless a link says so.
bool contradict(Patient const& a, Patient const& b);
/// Does a document whose header names this subject speak of somebody else? Of family name, given names and birthDate two contradict; absent is no
/// contradiction. One alone happens to real people's documents (marriage, nickname, misread date). Source: document-sharing I.4, rule 6; docs/decisions/0006.
bool is_somebody_else(Patient const& subject, Patient const& patient);
/// Not somebody else, and it says so: one of the three agrees.
bool is_about(Patient const& subject, Patient const& patient);

/// By what a Patient can be found again: two Patients that may be same_person() share at least one key. Identifier keys "i|system|value" and a
/// demographics key "d|family|given|birthDate|gender" of each real name where all are present. "l|id" of the Patient itself and of each one it links to. Also "f|folded family" for each name, for candidate look-up.
std::vector<std::string> person_keys(Patient const& patient);

}  // namespace tributary::fhir::identity
