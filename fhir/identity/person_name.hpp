#pragma once
#include "fhir/resources/elements.hpp"

namespace tributary::fhir::identity {

/// A name that stands for none: UNK, UNKNOWN, NN, "Baby Boy", or nothing at all. It identifies nobody. Source: document-sharing A.4.4.
bool is_placeholder(HumanName const& name);

}  // namespace tributary::fhir::identity
