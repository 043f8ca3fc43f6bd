#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/records.hpp"
#include "fhir/identity/document_identity.hpp"

namespace tributary::cache {

struct ContentRow {
    std::string binary_id;
    std::string sha256;  ///< "" no Body
    std::optional<fhir::identity::BodyIdentity> body;
};

/// A partner's DocumentEntry as it is stored.
struct EntryRow {
    std::int64_t sequence = 0, patient = 0, document = 0;
    std::string id, scope, partner, remote_id, home_community_id;
    bool provisional = false;
    fhir::DocumentReference reference;  ///< as the partner serves it, without inline data
    std::vector<ContentRow> contents;   ///< one for each of reference.contents

    std::vector<std::string> binary_ids() const;
};

/// DocumentEntries with their contents and relations, and the look-up of those that may be the same document.
class Entries {
public:
    explicit Entries(Database& database) : database_(database) {}

    /// The sequence number; 0: unknown.
    std::int64_t find(std::string_view scope, std::string_view partner, std::string_view remote_id);
    /// Precondition: it exists.
    EntryRow load(std::int64_t sequence);
    /// Fills in its sequence.
    void insert(EntryRow& entry, Utc now);
    /// Replaces what the partner says; Bodies stay where url, type and hash did.
    void replace(EntryRow& entry, Utc now);
    void seen(std::int64_t sequence, Utc now);
    void assign(EntryRow& entry, std::int64_t document, bool provisional);
    void assign_all(std::int64_t from_document, std::int64_t to_document);

    /// Settled entries of that Person that share a key with this one (D.2) or are related to it, in the order in which they became known.
    std::vector<std::int64_t> candidates(EntryRow const& entry, std::int64_t person);
    std::vector<std::int64_t> of_document(std::int64_t document, bool provisional);
    /// Settled entries of all its Documents.
    std::vector<std::int64_t> of_person(std::int64_t person);
    /// Patients under whose name the document is known.
    std::vector<std::int64_t> patients_of(std::int64_t document);
    /// The entry a content belongs to; 0: unknown.
    std::int64_t of_binary(std::string_view binary_id);

    /// The bytes of a content that came with its entry. What they say about themselves is told later, by set_body().
    void keep_inline(InlineBody const& body, Utc now);
    /// What is known of these bytes.
    fhir::identity::BodyIdentity body(std::string_view sha256);
    void set_body(std::string_view binary_id, AttachedBody const& body);
    /// Binary ids without a Body.
    static std::vector<std::string> missing(EntryRow const& entry);

private:
    void insert_contents(EntryRow const& entry);
    void insert_relations(EntryRow const& entry);

    Database& database_;
};

}  // namespace tributary::cache
