#pragma once
#include <span>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"

namespace tributary::fhir {

struct Issue {
    std::string severity = "error", code, diagnostics, expression;
    json::Value extension = {};  ///< an array of extensions, or null
};

json::Value make_operation_outcome(std::span<Issue const> issues);
/// One issue a Failure, by outcome_table.
json::Value make_operation_outcome(std::span<Failure const> failures);
/// Severity, code and diagnostics of each issue of a partner's OperationOutcome; expression is left empty.
std::vector<Issue> read_operation_outcome(json::Value const& resource);

}  // namespace tributary::fhir
