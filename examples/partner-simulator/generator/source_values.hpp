#pragma once
#include <string>
#include <string_view>

#include "examples/partner-simulator/network.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

// Small conversions that the readers of source files share.

Coding loinc(std::string code, std::string display);
Coding clinical_note();
/// The first coding of a CodeableConcept.
Coding coding_of(fhir::json::Value const* concept_value);

/// A time of any precision as an instant in UTC. The offset is dropped: a simulated clock needs none.
std::string instant(std::string_view date_time);
/// 20150622 or 201506221030-0500 as 2015-06-22 or 2015-06-22T10:30:00Z; "" for anything else.
std::string date_time_of_cda(std::string_view value);

/// A CDA instance identifier, or an identifier of a FHIR Bundle, as a uniqueId.
Identifier unique_id_of_cda(std::string_view root, std::string_view extension);
std::string trimmed(std::string_view text);

}  // namespace tributary::simulator
