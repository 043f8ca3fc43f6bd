#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/paging.hpp"

namespace tributary::partner {

// What a FHIR partner's bodies say. Pure; large ones are read on the worker.

struct PatientsAnswer {
    std::vector<fhir::Patient> patients;
    PageFacts page;
    bool partial = false;  ///< an outcome of severity error, or an entry that could not be read
};
/// A searchset of Patients. Errors: malformed; invalid (no Bundle, a bare OperationOutcome of severity error).
Result<PatientsAnswer> read_patients(std::string_view body);

/// How to recognise the documents asked for.
struct DocumentsQuestion {
    PatientMatch match;
    std::string base;
    std::size_t entries_per_page = 1000;
    bool filter_proven = false;  ///< by an earlier page
};
struct DocumentsAnswer {
    std::vector<fhir::DocumentReference> entries;
    PageFacts page;
    std::size_t dropped = 0;  ///< of another subject
    bool partial = false;
    bool filter_proven = false;  ///< a self link says that our patient parameter was applied
};
/// A searchset of DocumentReferences, those of another subject dropped. Errors: as read_patients().
Result<DocumentsAnswer> read_documents(std::string_view body, DocumentsQuestion const& question);

/// A 404 that says "no such patient in that domain", not "no such endpoint". Source: document-sharing A.1.
bool says_domain_unknown(std::string_view body);
/// "HAPI FHIR Server 8.8.0" of a CapabilityStatement. Errors: malformed, invalid.
Result<std::string> read_software(std::string_view body);

}  // namespace tributary::partner
