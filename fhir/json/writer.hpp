#pragma once
#include <string>

#include "fhir/json/value.hpp"

namespace tributary::fhir::json {

/// Compact JSON, members in their order, numbers and Raw as they are.
std::string write(Value const& value);
void write(Value const& value, std::string& out);

}  // namespace tributary::fhir::json
