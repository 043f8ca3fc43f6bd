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
    std::string self;      ///< link
    bool partial = false;  ///< an outcome says that part is missing, or an entry could not be read
};
/// A searchset of Patients. Errors: malformed; invalid (no Bundle, or no match but an OperationOutcome of severity error, bare or in the Bundle);
/// http_status with 503 (such an OperationOutcome that says it may pass). One that refuses the question has the status 400. Source: document-sharing F.1.
Result<PatientsAnswer> read_patients(std::string_view body);
/// The answer to a $match, with or without Parameters around it, less what is graded possible or certainly-not; without a grade it stays a candidate.
/// Errors: as read_patients(). Source: document-sharing A.2.
Result<PatientsAnswer> read_matches(std::string_view body);
/// The self link of a search shows what the server looked for, and this parameter is not among it. Source: document-sharing A.1.
bool ignored(std::string_view self_link, std::string_view parameter);

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
    bool filter_proven =
        false;  ///< its self link says that our patient parameter was applied, or leaves it at what an earlier one said
};
/// A searchset of DocumentReferences, those of another subject dropped. Errors: as read_patients().
Result<DocumentsAnswer> read_documents(std::string_view body, DocumentsQuestion const& question);

/// A DocumentReference read by its id. Errors: malformed; invalid; not_found (of another id or subject).
Result<fhir::DocumentReference> read_document(
    std::string_view body, DocumentsQuestion const& question, std::string_view id
);

/// What a synchronous call would have brought, of the Bundle around the answer to one that was polled for; any other resource as it is.
/// Errors: http_status, where the job has failed. Source: document-sharing G.
Result<fhir::json::Value> polled_answer(fhir::json::Value resource);

/// A 404 that says "no such patient in that domain", not "no such endpoint". Source: document-sharing A.1.
bool says_domain_unknown(std::string_view body);
/// A CapabilityStatement. Errors: malformed, invalid.
Result<Capabilities> read_capabilities(std::string_view body);

}  // namespace tributary::partner
