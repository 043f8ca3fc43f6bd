#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/document_search.hpp"
#include "fhir/search/table.hpp"

namespace tributary::fhir::search {

/// Sorts parameters, one after the other, into the patient asked for, filters on the document, and what is not offered; checks each value on its
/// way. Lives for one reading.
class Sorting {
public:
    /// `at`: the element that problems are told at, "" for none. `unsupported`: what a modifier is refused as.
    Sorting(std::string_view base, std::string_view at, Errc unsupported, Impossible impossible)
        : base_(base), at_(at), unsupported_(unsupported), impossible_(impossible) {}

    /// A parameter of DocumentReference, or a chain through patient.
    void take_document_parameter(Parameter parameter);
    /// A parameter of Patient, without the chain's "patient.".
    void take_patient_parameter(Parameter parameter, std::string const& full_name);

    DocumentSearch search;
    std::vector<Parameter> unknown;
    std::vector<Failure> problems;

private:
    void take_references(Parameter const& parameter);
    /// True: modifier and values can be evaluated; else the problem has been told.
    bool check(Parameter const& parameter, Type type, std::string const& full_name);
    void problem(Errc code, std::string detail);

    std::string_view base_, at_;
    Errc unsupported_;
    Impossible impossible_;
    bool has_references_ = false;
};

/// " (did you mean "x"?)" with the offered name that is nearest, or nothing.
std::string suggestion(std::string_view unknown);

}  // namespace tributary::fhir::search
