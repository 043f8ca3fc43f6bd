#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/identity/document_identity.hpp"
#include "fhir/resources/patient.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::pipeline {

/// What the metadata promise about a content.
struct ExpectedDocument {
    std::string content_type;
    std::string hash;            ///< as written
    std::string unique_id = {};  ///< K1 of its entry
    std::optional<std::uint64_t> size = {};
    bool last_look =
        false;  ///< bytes with another digest are taken if they bear this uniqueId, those of another size anyhow
};
struct CheckedDocument {
    std::string content_type;
    std::shared_ptr<std::string const> bytes;
    fhir::identity::BodyIdentity identity;
    std::string media_type;  ///< as the bytes tell, "" unknown
    std::vector<fhir::Patient> subjects;
    bool hash_mismatch = false;  ///< or, where no digest tells, one of the sizes
    bool wrong_size = false;     ///< whatever the digest tells
};

enum class Contradiction {
    none,
    wrong_size,  ///< but the digest is theirs
    size,        ///< and no digest tells
    digest
};
/// Are these other bytes than the metadata stand for? Nothing is compared where there is neither digest nor size, or that of nothing. `own`: their SHA-256.
/// Source: document-sharing B.3.
Contradiction contradiction(
    std::string_view hash, std::optional<std::uint64_t> size, std::string_view bytes, Sha256 const& own
);
/// The id inside, root^extension of a CDA, is the uniqueId outside.
bool bears(std::string_view document_id, std::string_view unique_id);

/// Is what came the document, and what are its digest and identity? A FHIR Binary wrapper is undone. Its type is what the metadata say, whatever the
/// partner sent it as, unless the bytes leave no doubt. Pure; for the worker. Errors: invalid (empty, a web page, an OperationOutcome), conflict (the
/// digest of the metadata, or the size where no digest tells, is another). Source: document-sharing B.3, D.4.
Result<CheckedDocument> check_document(
    ExpectedDocument const& expected, partner::RetrievedDocument retrieved
);

}  // namespace tributary::pipeline
