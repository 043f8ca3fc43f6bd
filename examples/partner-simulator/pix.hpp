#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/search.hpp"

namespace tributary::simulator {

// What an IHE gateway does beyond a search. Source: document-sharing A.1, A.3.

/// Patient/$ihe-pix (ITI-83): what else the Patient of `sourceIdentifier` is known by. A FHIR id counts as an identifier in the domain `base`.
FacadeAnswer cross_reference(
    Community const& community, std::string_view base, std::vector<Criterion> const& parameters
);

/// Does the community issue or know identifiers in that domain?
bool knows_domain(Community const& community, std::string_view system);

}  // namespace tributary::simulator
