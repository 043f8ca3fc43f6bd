#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/identity/document_identity.hpp"
#include "fhir/resources/patient.hpp"

namespace tributary::fhir::identity {

/// What the bytes of a document say about themselves.
struct BodyHeader {
    BodyIdentity
        identity;  ///< id, setId and versionNumber of a CDA, identifier of a FHIR document; `sha256` is left empty
    std::vector<Patient>
        subjects;  ///< each recordTarget that names anybody, or Composition.subject where the Bundle holds it: names, birthDate
    std::string
        media_type;  ///< where the first bytes leave no doubt: text/xml of a CDA, application/pdf; "" unknown
};

/// Nothing but the media type of anything that is no CDA and no FHIR document in JSON or XML, and of a CDA that is broken before its first participant.
/// Loads nothing from anywhere and expands no entities. A CDA is read no further than its header, a Bundle whole: on the worker.
/// Source: document-sharing D.2 (K5), B.3, I.4 rule 6.
BodyHeader read_body_header(std::string_view bytes);

/// What the bytes are, `told`, leaves no room for what the metadata say: neither is empty and they differ. Any kind of XML may hold a CDA. Source: document-sharing B.3.
bool contradicts(std::string_view told, std::string_view content_type);

}  // namespace tributary::fhir::identity
