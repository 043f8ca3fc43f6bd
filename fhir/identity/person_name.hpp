#pragma once
#include "fhir/resources/elements.hpp"

namespace tributary::fhir::identity {

/// A name that stands for none: UNK, UNKNOWN, NN, "Baby Boy", or nothing at all. It identifies nobody. Source: document-sharing A.4.4.
bool is_placeholder(HumanName const& name);
/// A name by use nickname or anonymous (CDA: a pseudonym), or an old one, which by FHIR may never have been right: good to search by, no evidence of who
/// somebody is. A maiden name is no alias. Source: docs/decisions/0006.
bool is_alias(HumanName const& name);

}  // namespace tributary::fhir::identity
