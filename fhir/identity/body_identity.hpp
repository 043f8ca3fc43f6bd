#pragma once
#include <string_view>

#include "fhir/identity/document_identity.hpp"

namespace tributary::fhir::identity {

/// What the bytes of a document say about themselves: id, setId and versionNumber of a CDA header, identifier of a FHIR document Bundle. Nothing for
/// anything else, for a CDA that is broken before its first participant, and for one with a DOCTYPE. `sha256` is left empty. Loads nothing from
/// anywhere and expands no entities. A CDA is read no further than its header, a Bundle whole: on the worker. Source: document-sharing D.2, K5.
BodyIdentity read_body_identity(std::string_view bytes);

}  // namespace tributary::fhir::identity
