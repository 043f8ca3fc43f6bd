#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

// What a community sends, as FHIR R4 JSON. `base` is its own, "http://127.0.0.1:9001/p001/fhir".

fhir::json::Value capability_statement(Community const& community, std::string_view base);
fhir::json::Value to_resource(Patient const& patient);
fhir::json::Value to_resource(Community const& community, Document const& document, std::string_view base);
/// The FHIR form of a Binary read: base64 `data`.
fhir::json::Value to_binary_resource(Content const& content);
fhir::json::Value operation_outcome(
    std::string_view severity, std::string_view code, std::string_view diagnostics
);

}  // namespace tributary::simulator
