#pragma once
#include "fhir/resources/patient.hpp"

namespace tributary::fhir::identity {

/// What two descriptions of somebody say about one trait.
enum class Agreement {
    unknown,  ///< one of them says nothing, or both cannot be compared
    agrees,
    contradicts
};

/// Of family names, hyphenated ones part by part, aliases and maiden names included. Names in different scripts cannot be compared.
Agreement family_names(Patient const& a, Patient const& b);
/// Of given names, in any order; an initial or a short form that begins alike agrees.
Agreement given_names(Patient const& a, Patient const& b);
/// A date of less precision contradicts only where it differs: 1970 and 1970-05-01 do not.
Agreement birth_dates(Patient const& a, Patient const& b);

/// Neither a family nor a given name in common.
inline bool names_contradict(Patient const& a, Patient const& b) {
    return family_names(a, b) == Agreement::contradicts && given_names(a, b) == Agreement::contradicts;
}

}  // namespace tributary::fhir::identity
