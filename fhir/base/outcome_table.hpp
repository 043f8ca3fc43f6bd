#pragma once
#include <span>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary {

/// What an Errc means to an app. Source: FHIR R4 issue-severity and issue-type; RFC 9110 for the status.
struct OutcomeRow {
    Errc errc;
    std::string_view name;      ///< as in logs and metrics
    std::string_view severity;  ///< OperationOutcome.issue.severity
    std::string_view issue;     ///< OperationOutcome.issue.code
    unsigned status;            ///< HTTP status of the answer
};

/// Never fails: an unknown value is told as a bug.
OutcomeRow const& outcome_of(Errc errc);
/// Every row, for the test that walks them.
std::span<OutcomeRow const> outcome_table();

}  // namespace tributary
