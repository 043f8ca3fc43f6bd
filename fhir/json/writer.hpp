#pragma once
#include <string>
#include <string_view>

#include "fhir/json/value.hpp"

namespace tributary::fhir::json {

/// Compact JSON, members in their order, numbers and Raw as they are.
std::string write(Value const& value);
void write(Value const& value, std::string& out);
/// The string with quotes and escapes, as it stands in JSON.
std::string quote(std::string_view text);

}  // namespace tributary::fhir::json
