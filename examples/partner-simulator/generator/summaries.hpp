#pragma once
#include <map>
#include <string>
#include <vector>

#include "examples/partner-simulator/generator/source_data.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

/// The entries of a patient's Bundle by the type of their resource.
using Resources = std::map<std::string, std::vector<fhir::json::Value const*>, std::less<>>;

/// A plain-text summary of each of the last ten Encounters: what was found, prescribed and given in it.
std::vector<SourceDocument> summarise_encounters(std::string const& path, Resources const& resources);

/// One FHIR document Bundle: problems, medications, allergies and immunisations.
SourceDocument make_patient_summary(std::string const& path, Resources const& resources);

}  // namespace tributary::simulator
