#pragma once
#include <vector>

#include "cache/database.hpp"
#include "cache/store.hpp"

namespace tributary::cache {

/// Call rows, what may be thrown away, and the numbers of the metrics.
class Housekeeping {
public:
    explicit Housekeeping(Database& database) : database_(database) {}

    void record_calls(std::vector<CallRow> const& rows);
    /// One slice. True: there is more to do.
    bool purge(Store::Retention const& retention);
    Store::Counts counts();

private:
    bool purge_events(Utc before);
    bool purge_documents(Utc before);
    bool purge_patients(Utc before);
    void drop_document(std::int64_t document);
    void drop_entry(std::int64_t entry);

    Database& database_;
};

}  // namespace tributary::cache
