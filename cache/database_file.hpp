#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "cache/database.hpp"

namespace tributary::cache {

/// What a database file of ours is known by. Source: PRAGMA application_id, PRAGMA user_version.
struct FileKind {
    std::int64_t application = 0;
    std::span<char const* const> migrations;  ///< scripts; how many have run is the version
    int page_cache_kib =
        2000;  ///< at most, filled as pages are used; a transaction beyond it is spilled and read back
};

/// Opens it for writing: WAL, mode 0600 whatever the umask, migrated to the last version. Makes it where there is none.
/// Errors: storage, with what to do (not writable, not a database, another program's, newer than we know); such a file is left as it is.
Result<std::unique_ptr<Database>> open_for_writing(
    std::string const& path, FileKind const& kind, bool full_synchronous
);
/// Opens what open_for_writing() has made. Errors: storage.
Result<std::unique_ptr<Database>> open_for_reading(std::string const& path);

}  // namespace tributary::cache
