#pragma once
#include <string_view>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "fhir/xml/pull_reader.hpp"

namespace tributary::fhir::xml {

constexpr std::string_view kFhir = "http://hl7.org/fhir";

/// The resource on which the reader stands, as JSON would have it, but only as far as Tributary looks into resources in XML: whose document a Bundle is,
/// what a Binary holds. Pure. Errors: malformed (no resource of FHIR, or broken).
Result<json::Value> read_resource(PullReader& reader);

}  // namespace tributary::fhir::xml
