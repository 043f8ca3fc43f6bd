#pragma once
#include <string_view>

#include "fhir/identity/document_identity.hpp"

namespace tributary::pipeline {

/// What the bytes of a document say about themselves: id, setId and versionNumber of a CDA header, identifier of a FHIR document Bundle. `sha256` is left
/// empty. Pure; reads no further than the CDA header. Source: document-sharing D.2, K4 and K5.
fhir::identity::BodyIdentity read_body_identity(std::string_view bytes);

}  // namespace tributary::pipeline
