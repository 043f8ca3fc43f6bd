#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "cache/records.hpp"
#include "fhir/json/value.hpp"

namespace tributary::api {

/// The OperationOutcome that says how complete an answer about a patient is; empty where there is nothing to say: the Discovery is complete and every
/// partner answered in full. Source: architecture 7, document-sharing B.5.
std::optional<fhir::json::Value> completeness_outcome(
    cache::Progress const& progress, std::string_view canonical_base
);

}  // namespace tributary::api
