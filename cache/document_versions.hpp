#pragma once
#include <cstdint>
#include <string_view>

#include "cache/database.hpp"

namespace tributary::cache {

/// What Documents looked like: the current version of each, and earlier ones for as long as an Event that is still there names them.
class DocumentVersions {
public:
    explicit DocumentVersions(Database& database) : database_(database) {}

    /// That version goes, and what is kept of whom it was about, unless somebody needs it.
    void drop_unneeded(std::string_view document_id, std::int64_t version);

private:
    Database& database_;
};

}  // namespace tributary::cache
