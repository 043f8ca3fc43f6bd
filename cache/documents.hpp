#pragma once
#include <string>
#include <string_view>

#include "cache/entries.hpp"
#include "cache/events.hpp"
#include "cache/store.hpp"

namespace tributary::cache {

struct DocumentRow {
    std::int64_t sequence = 0, person = 0;
    std::int64_t entry = 0;  ///< whose metadata it shows
    std::string id, scope, status;
    std::uint64_t version = 0;
    bool superseded = false, conflict = false;
    std::int64_t alias_of = 0;  ///< 0: stands for itself
};

/// Documents, their versions as apps see them, and the search index.
class Documents {
public:
    Documents(Database& database, StoreSettings const& settings, Events& events)
        : database_(database), settings_(settings), events_(events) {}

    /// Precondition: it exists.
    DocumentRow load(std::int64_t sequence);
    /// A Document without a version yet; publish() comes next.
    DocumentRow insert(EntryRow const& entry, std::int64_t person, Utc now);
    /// Writes the next version, made from the entry, and answers it as apps see it.
    fhir::DocumentReference publish(
        DocumentRow& document, EntryRow const& entry, std::string_view patient_id, Utc now
    );
    /// The current version as apps see it.
    fhir::DocumentReference current(DocumentRow const& document);
    /// From now on it stands for another one: not found by searches, still read under its id.
    void make_alias(std::int64_t sequence, std::int64_t of);

    FoundResource read(std::string_view scope, std::string_view id);

private:
    void index(DocumentRow const& document, fhir::DocumentReference const& outward);

    Database& database_;
    StoreSettings const& settings_;
    Events& events_;
};

/// By what a token is narrowed in the index: the code or value alone, folded, so that every spelling of D.2 lands on the same key.
std::string index_key(std::string_view value);

}  // namespace tributary::cache
