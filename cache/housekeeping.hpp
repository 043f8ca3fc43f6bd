#pragma once
#include <string>
#include <vector>

#include "cache/database.hpp"
#include "cache/document_versions.hpp"
#include "cache/store.hpp"

namespace tributary::cache {

/// Call rows, what may be thrown away, and the numbers of the metrics.
class Housekeeping {
public:
    explicit Housekeeping(Database& database) : database_(database), versions_(database) {}

    void record_calls(std::vector<CallRow> const& rows);
    /// One slice. True: there is more to do.
    bool purge(Store::Retention const& retention);
    Store::Counts counts();

private:
    bool purge_discoveries(Utc before);
    bool purge_events(Utc before);
    struct Version {
        std::string id;
        std::int64_t version;
    };
    /// Of rows of Events that go.
    static std::vector<Version> named_by(Statement row);
    bool purge_documents(Utc before);
    bool purge_patients(Utc before);
    /// Where a walk by age has come to; it begins anew when it reaches the end. Only a hint: a walk that runs twice does no harm.
    struct Cursor {
        std::int64_t at = -1, sequence = 0;
    };
    std::vector<std::int64_t> next_slice(char const* sql, Cursor& cursor, Utc before);
    void drop_document(std::int64_t document);
    void drop_rows(std::int64_t document);
    void drop_entry(std::int64_t entry);

    Database& database_;
    DocumentVersions versions_;
    Cursor discoveries_;
    Cursor documents_;
    Cursor patients_;
};

}  // namespace tributary::cache
