#pragma once
#include <optional>
#include <string>

#include "examples/partner-simulator/generator/source_data.hpp"

namespace tributary::simulator {

// Readers of one file each; `path` becomes part of the documents' keys. Empty: not such a file.

/// A C-CDA document: one document, its patient with the names and the birth date of its header.
std::optional<SourcePerson> read_cda(std::string const& path, std::string text);

/// A FHIR document Bundle: one document, the patient of its Composition.
std::optional<SourcePerson> read_fhir_document(std::string const& path, std::string text);

/// A Synthea transaction Bundle: its notes; where it has none, a summary of each of the last ten Encounters and one FHIR document.
std::optional<SourcePerson> read_synthea(std::string const& path, std::string const& text);

}  // namespace tributary::simulator
