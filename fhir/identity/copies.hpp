#pragma once
#include <vector>

#include "fhir/json/value.hpp"
#include "fhir/resources/document_reference.hpp"

namespace tributary::fhir::identity {

/// How much a copy's metadata tell: 2 what MHD Comprehensive demands, 1 what Minimal does, 0 less. Source: document-sharing B.2, D.3.
int richness(DocumentReference const& document);

/// securityLabel of a document with several copies: of the confidentiality labels the strictest (U<L<M<N<R<V), and every other one that some copy
/// carries, each once. Source: document-sharing D.3.
json::Value::Array strictest_labels(std::vector<DocumentReference const*> const& copies);

}  // namespace tributary::fhir::identity
