#pragma once
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"
#include "fhir/search/patient_query.hpp"

namespace tributary::fhir::search {

/// Classic criteria, `[/]DocumentReference?…`. All problems at once, each Failure with what is wrong and what is offered; `at`: the element they are told at.
/// Never fails open: unknown parameter, chain, modifier, bad date or token → not_supported or invalid; no patient part → required.
/// _format is ignored; other result parameters → not_supported. `base`: ours, so that patient=[base]/Patient/1 is understood.
struct CriteriaReading {
    DocumentSearch search;
    std::vector<Failure> problems;
};
CriteriaReading read_criteria(std::string_view criteria, std::string_view at, std::string_view base);

/// Something a partner can be asked for, by which one patient can be told from others: a gender, a state or a country alone, an open range of birth dates,
/// the domain of an identifier (A.1), part of a word (:contains), or what must not be there, is no such thing.
bool names_patient(PatientQuery const& query);
/// What no resource here can carry, by which a Subscription would never fire: another code or system than a fixed one (value), a reference to an author
/// or to something related (not_supported); at `at`.
void check_codes(DocumentSearch const& search, std::string_view at, std::vector<Failure>& problems);

/// What cannot be, such as a document about two patients: a search finds nothing, and whoever waits for it has to know at once. Source: document-sharing F.1.
enum class Impossible { finds_nothing, refused };

/// Takes apart the parameters of GET DocumentReference: what is offered, and what is not (told by its caller by handling=strict or lenient).
/// Result parameters (_count, _sort, …) must have been removed. Errors in offered parameters (bad date, unknown modifier): problems.
struct SearchReading {
    DocumentSearch search;
    std::vector<Parameter> unknown;
    std::vector<Failure> problems;
};
SearchReading read_document_search(
    std::vector<Parameter> parameters,
    std::string_view base,
    Impossible impossible = Impossible::finds_nothing
);
/// The same for GET Patient: everything lands in search.patient (references from _id).
SearchReading read_patient_search(std::vector<Parameter> parameters);

/// By FHIR search rules (prefix strings, date ranges, tokens). Precondition: the parameter came out of one of the readers above.
/// Source: document-sharing F.4 to F.7.
bool matches(Parameter const& parameter, DocumentReference const& document);
bool matches(Parameter const& parameter, Patient const& patient);
bool matches_all(std::vector<Parameter> const& parameters, DocumentReference const& document);
bool matches_all(std::vector<Parameter> const& parameters, Patient const& patient);

/// What is offered, for the CapabilityStatement: name, type ("string", "token", "date", "reference", "uri"), definition URL.
struct Definition {
    std::string_view name, type, url;
};
std::vector<Definition> const& document_reference_parameters();
std::vector<Definition> const& patient_parameters();

}  // namespace tributary::fhir::search
