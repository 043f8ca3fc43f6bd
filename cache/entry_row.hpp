#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/identity/document_identity.hpp"
#include "fhir/resources/document_reference.hpp"

namespace tributary::cache {

/// The status of an entry that its partner takes back.
inline constexpr char kRetracted[] = "entered-in-error";

struct ContentRow {
    std::string binary_id;
    std::string sha256;     ///< "" no Body
    bool released = false;  ///< it had one, which made room for others
    std::optional<fhir::identity::BodyIdentity> body;
};

/// A partner's DocumentEntry as it is stored.
struct EntryRow {
    std::int64_t sequence = 0, patient = 0, document = 0;
    std::string id, scope, partner, remote_id, home_community_id;
    bool provisional = false;
    bool deleted = false;  ///< its partner does not serve it any more, and says so
    bool owner = true;     ///< its partner does not name another community as the one that holds the data
    fhir::DocumentReference reference;       ///< as the partner serves it, without inline data
    std::vector<ContentRow> contents;        ///< one for each of reference.contents
    std::optional<bool> hash_mismatch = {};  ///< of bytes that came with it; not stored

    bool retracted() const { return reference.status == kRetracted; }
    std::vector<std::string> binary_ids() const;
};

}  // namespace tributary::cache
