#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"
#include "fhir/identity/document_identity.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::pipeline {

/// What the metadata promise about a content.
struct ExpectedDocument {
    std::string content_type;
    std::string hash;  ///< as written
};
struct CheckedDocument {
    std::string content_type;
    std::shared_ptr<std::string const> bytes;
    fhir::identity::BodyIdentity identity;
};

/// Is what came the document, and what are its digest and identity? A FHIR Binary wrapper is undone. Pure; for the worker. Errors: invalid (empty, a web page,
/// an OperationOutcome), conflict (the digest of the metadata is another). Source: document-sharing B.3, D.4.
Result<CheckedDocument> check_document(
    ExpectedDocument const& expected, partner::RetrievedDocument retrieved
);

}  // namespace tributary::pipeline
