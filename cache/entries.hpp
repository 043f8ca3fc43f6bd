#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/entry_row.hpp"
#include "cache/records.hpp"
#include "cache/relations.hpp"

namespace tributary::cache {

/// DocumentEntries with their contents and relations, and the look-up of those that may be the same document.
class Entries {
public:
    explicit Entries(Database& database) : database_(database), relations_(database) {}

    /// The sequence number; 0: unknown.
    std::int64_t find(std::string_view scope, std::string_view partner, std::string_view remote_id);
    /// Precondition: it exists.
    EntryRow load(std::int64_t sequence);
    /// Gives contents without a Body that of a content of the same digest, at another holder of its Document: to judge by, not to keep.
    void lend_bodies(EntryRow& entry);
    /// Fills in its sequence.
    void insert(EntryRow& entry, Utc now);
    /// Replaces what the partner says; Bodies stay where url, type and hash did.
    void replace(EntryRow& entry, Utc now);
    void seen(std::int64_t sequence, Utc now);
    /// What a partner calls the entries of a Patient that have not been seen since, those longest ago first; without those it has retracted.
    std::vector<std::string> unseen(
        std::string_view scope, std::string_view patient, Utc since, std::size_t limit
    );
    /// It was looked for, and is not there now.
    void looked_for(std::int64_t sequence, Utc now);
    /// Entries that went by this one's remote id until their partner gave them to somebody else.
    std::vector<std::int64_t> set_aside(EntryRow const& entry);
    /// Its remote id is another entry's from now on, and its bytes are too.
    void put_aside(EntryRow const& entry);
    void take_back(std::int64_t sequence, std::string_view remote_id);
    /// Of no entry that there is.
    std::int64_t next_sequence();
    std::int64_t document_of(std::int64_t sequence);
    void assign(EntryRow& entry, std::int64_t document, bool provisional);
    void assign_all(std::int64_t from_document, std::int64_t to_document);

    /// Settled entries of that Person that share a key with this one (D.2) or are related to it, in the order in which they became known.
    std::vector<std::int64_t> candidates(EntryRow const& entry, std::int64_t person);
    /// Settled entries of that Person whose bytes are of the same set of versions.
    std::vector<std::int64_t> of_set(EntryRow const& entry, std::int64_t person);
    /// Did bytes of a Document of that Person that stands make room for others?
    bool any_released(std::int64_t person);
    std::vector<std::int64_t> of_document(std::int64_t document, bool provisional);
    /// Settled entries of all its Documents.
    std::vector<std::int64_t> of_person(std::int64_t person);
    /// Patients under whose name the document is known.
    std::vector<std::int64_t> patients_of(std::int64_t document);
    /// The entry a content belongs to; 0: unknown.
    std::int64_t of_binary(std::string_view binary_id);
    /// Does the content still say what it said when its bytes were asked for?
    bool is_current(AttachedBody const& body);

    Relations& relations() { return relations_; }

    /// The bytes of a content that came with its entry.
    void keep_inline(InlineBody const& body, Utc now);
    void set_body(AttachedBody const& body);
    void set_body(std::string_view binary_id, std::string_view sha256);
    /// Bytes that no content may have: they go when Bodies are released.
    void discard(AttachedBody const& body);
    void discard(InlineBody const& body);
    /// This partner has the content no longer.
    void mark_gone(std::string_view scope, std::string_view binary_id, std::string_view url);
    /// Binary ids without a Body that can be retrieved.
    static std::vector<std::string> missing(EntryRow const& entry);

private:
    void insert_contents(EntryRow const& entry);
    void store_body(
        fhir::identity::BodyIdentity const& identity,
        std::uint64_t size,
        std::string_view media_type,
        Utc used_at
    );

    Database& database_;
    Relations relations_;
};

}  // namespace tributary::cache
