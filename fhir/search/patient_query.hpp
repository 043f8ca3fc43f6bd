#pragma once
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::fhir::search {

/// Who is asked for: the patient part of criteria. Parameter names are those of Patient: given, family, name, birthdate, gender, identifier, telecom,
/// address…, _id. `references` holds ids of our own Patients (patient=Patient/{id}). A value.
struct PatientQuery {
    std::vector<Parameter> parameters;
    std::vector<std::string> references;

    bool empty() const { return parameters.empty() && references.empty(); }
    /// Equal questions have equal keys: order, case, accents and repetition do not count. It is patient data: never log it.
    std::string key() const;
    /// The query string for a partner's Patient search: every demographic, as written (ITI-78). Modifiers but :exact are left out.
    std::string demographics() const;
};

/// A search on DocumentReference taken apart.
struct DocumentSearch {
    PatientQuery patient;
    std::vector<Parameter> filters;  ///< on the DocumentReference itself
};

}  // namespace tributary::fhir::search
