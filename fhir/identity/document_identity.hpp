#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/resources/document_reference.hpp"

namespace tributary::fhir::identity {

/// A digest of document bytes, decoded from any of the spellings of document-sharing D.1.
struct Digest {
    enum class Algorithm { sha1, sha256 } algorithm = Algorithm::sha1;
    std::string bytes;  ///< raw: 20 or 32
    bool operator==(Digest const&) const = default;
};
/// Empty: unusable, or absent.
std::optional<Digest> read_digest(std::string_view hash);

/// K1: normalised uniqueId ("" where there is none). Source: document-sharing D.2.
std::string unique_id(DocumentReference const& document);
/// The normalised entryUUID ("" where there is none): it names the record, not the document. Source: document-sharing D.1.
std::string entry_uuid(DocumentReference const& document);
/// A normalised identifier "system|value", by the same rules; used for relatesTo targets given by identifier and for K6.
/// The id of a DocumentReference of its holder's own server that a relation points at, "" none: a URL that is still absolute names another server's.
std::string_view own_target(Reference const& target);
std::string normalised(Identifier const& identifier);

/// What bytes tell about themselves (K4, K5); filled after RD.
struct BodyIdentity {
    std::string sha256;  ///< hex
    std::string
        document_id;  ///< CDA ClinicalDocument/id "root^extension", FHIR Bundle.identifier "system|value"; "" unknown
    std::string set_id;
    std::optional<std::int64_t> version_number;
};

/// One side of a comparison. `body`: of the content with the same media type, once retrieved.
struct Known {
    std::string partner;
    DocumentReference const* document = nullptr;
    std::string home_community_id;  ///< the partner's, or the entry's own
    std::optional<BodyIdentity> body;
};

enum class Verdict {
    unchanged,               ///< row 1
    status_change,           ///< row 2
    metadata_update,         ///< row 3
    same,                    ///< rows 4, 6 (one community), 7, 11: add a location, no notification
    provisional_same,        ///< rows 5 and 8: bytes decide
    conflict,                ///< row 8, settled: two Documents, flagged
    new_version,             ///< row 9: B supersedes A
    older_version,           ///< the same the other way round: A, known already, supersedes B
    implicit_new_version,    ///< row 14: B supersedes A, as their bytes say
    implicit_older_version,  ///< the same the other way round
    related,                 ///< row 10
    distinct,                ///< rows 6 (two communities), 12, 13, and nothing in common
};
/// The first row of document-sharing D.3 that fits, A known and B new, both of one Person.
Verdict compare(Known const& a, Known const& b);

}  // namespace tributary::fhir::identity
