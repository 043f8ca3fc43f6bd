#pragma once
#include <string>
#include <string_view>

#include "cache/document_versions.hpp"
#include "cache/entries.hpp"
#include "cache/events.hpp"
#include "cache/store.hpp"

namespace tributary::cache {

/// Is there a newer version?
enum class Superseded {
    no,
    stated,   ///< an entry replaces it
    inferred  ///< the bytes say so (D.3, row 14)
};

struct DocumentRow {
    std::int64_t sequence = 0, person = 0;
    std::int64_t entry = 0;  ///< whose metadata it shows
    std::string id, scope, status;
    std::uint64_t version = 0;
    Superseded superseded = Superseded::no;
    bool conflict = false;       ///< another Document has the same uniqueId
    bool hash_mismatch = false;  ///< its bytes do not have the digest, or else the size, of its metadata
    std::int64_t alias_of = 0;   ///< 0: stands for itself
};

/// Documents, their versions as apps see them, and the search index.
class Documents {
public:
    Documents(Database& database, StoreSettings const& settings, Events& events)
        : database_(database), settings_(settings), events_(events) {}

    /// Precondition: it exists.
    DocumentRow load(std::int64_t sequence);
    /// A Document without a version yet; publish() comes next. Numbers go on where Events name earlier versions of that id, as before a purge.
    DocumentRow insert(EntryRow const& entry, std::int64_t person, Utc now);
    void mark_superseded(std::int64_t sequence, Superseded how);
    void mark_conflict(std::int64_t sequence);
    void mark_hash_mismatch(std::int64_t sequence, bool mismatch);
    /// What apps see beside the metadata of the entry shown.
    struct Appearance {
        std::string patient_id;
        fhir::json::Value::Array labels;   ///< securityLabel
        fhir::json::Value::Array aliases;  ///< identifiers of other holders
        std::vector<std::string> related;  ///< ids of Documents, as OutwardMeta has them
        struct Rendition {
            std::string binary_id;
            fhir::DocumentContent content;
            fhir::json::Value resource;
        };
        std::vector<Rendition>
            renditions;  ///< contents of other holders, in media types that the entry lacks
    };
    /// if_different: from the current version in more than its number and time.
    enum class Write { always, if_different };
    /// Shows the entry's metadata: writes the next version, and answers it as apps see it.
    fhir::DocumentReference publish(
        DocumentRow& document, EntryRow const& entry, Appearance appearance, Write mode, Utc now
    );
    /// The current version as apps see it.
    fhir::DocumentReference current(DocumentRow const& document);
    /// From now on it stands for another one: not found by searches, still read under its id, with what the other one shows.
    void make_alias(std::int64_t sequence, std::int64_t of);

    /// deleted: by all who held it.
    FoundResource read(std::string_view scope, std::string_view id);

private:
    fhir::json::Value outward(
        DocumentRow const& document, EntryRow const& entry, Appearance appearance, Utc now
    );
    bool is_shown(DocumentRow const& document, fhir::json::Value const& outward);
    void index(DocumentRow const& document, fhir::DocumentReference const& outward);

    Database& database_;
    DocumentVersions versions_{database_};
    StoreSettings const& settings_;
    Events& events_;
};

/// An alias shows what the Document shows that it stands for, under its own id.
void rename(StoredResource& stored, std::string_view alias);

/// By what a token is narrowed in the index: the code or value alone, folded, so that every spelling of D.2 lands on the same key.
std::string index_key(std::string_view value);

}  // namespace tributary::cache
