#pragma once
#include <string>
#include <string_view>

#include "fhir/resources/elements.hpp"

namespace tributary::fhir {

/// The one spelling by which identifiers are compared: trimmed, urn: prefixes and UUIDs in lower case, a bare OID or UUID with its urn prefix, the
/// CDA form root^extension taken apart into system and value. Use and type stay. Source: document-sharing D.2 (K1).
Identifier normalised_identifier(Identifier identifier);

/// "system|value" of the normalised identifier, "" where it has no value. Begins with '|' where nothing names the system.
std::string identifier_key(Identifier const& identifier);

/// The URI by which a code system is compared: LOINC, SNOMED CT and the like also go by OID.
std::string_view normalised_code_system(std::string_view system);

}  // namespace tributary::fhir
