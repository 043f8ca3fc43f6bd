#pragma once
#include "fhir/json/value.hpp"

namespace tributary::fhir {

/// Takes away what R4 forbids in JSON: nulls, empty strings, objects and arrays, at any depth; and extensions that are left without a value. A list of primitives that has a list of extensions
/// beside it (given, _given) keeps its nulls, since they hold the places. Source: FHIR R4, JSON representation.
void prune(json::Value& value);

}  // namespace tributary::fhir
