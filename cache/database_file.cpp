#include "cache/database_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tributary::cache {

namespace {

constexpr char kApplication[] = "PRAGMA application_id";
constexpr char kVersion[] = "PRAGMA user_version";
constexpr char kAnything[] = "SELECT count(*) FROM sqlite_schema";
constexpr mode_t kOwnerOnly = 0600;

Failure refused(std::string const& path, std::string const& why) {
    return Failure(Errc::storage, path + ": " + why);
}

std::int64_t single(Database& database, char const* sql) {
    auto row = database.query(sql);
    return row.next() ? row.integer(0) : 0;
}

/// True: there was no file, and now there is an empty one.
Result<bool> make_file(std::string const& path) {
    int const made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (made >= 0) {
        ::fchmod(made, kOwnerOnly);
        ::close(made);
        return true;
    }
    if (errno == EEXIST) return false;
    return refused(
        path,
        std::string("cannot be made: ") + std::strerror(errno) +
            "; choose a folder that exists and is writable"
    );
}

/// What SQLite says of a file that is whole is about its disk or its folder: nobody is to move that file away.
std::string advice(std::string const& reason) {
    bool const is_other = reason.find("not a database") != reason.npos || reason.find("malformed") != reason.npos;
    return is_other ? "choose another path, or move the file away"
                    : "see that its disk has room and its folder is writable";
}

/// Looks at an existing file without changing it, but for what a crash while it was being made has left to be rolled back.
Result<void> check_file(std::string const& path, FileKind const& kind) {
    if (::access(path.c_str(), R_OK | W_OK) != 0) {
        return refused(
            path,
            std::string("not writable: ") + std::strerror(errno) +
                "; change its owner or mode, or choose another path"
        );
    }
    bool const has_journal = ::access((path + "-journal").c_str(), F_OK) == 0;
    auto opened = Database::open(path, has_journal ? Database::Mode::read_write : Database::Mode::read_only);
    if (!opened) return opened.error();
    Database& database = **opened;
    auto const application = single(database, kApplication);
    auto const version = single(database, kVersion);
    auto const tables = single(database, kAnything);
    if (auto const failure = database.take_failure()) {
        return refused(
            path, "cannot be used as a database (" + failure->detail() + "); " + advice(failure->detail())
        );
    }
    if (application != kind.application && (application != 0 || version != 0 || tables != 0)) {
        return refused(path, "is a database of another kind; choose another path");
    }
    auto const known = static_cast<std::int64_t>(kind.migrations.size());
    if (version > known) {
        return refused(
            path,
            "was written by a newer version of this program (schema " + std::to_string(version) +
                ", known here: " + std::to_string(known) + "); use that version, or choose another path"
        );
    }
    return {};
}

Result<void> set_up(Database& database, FileKind const& kind, bool full_synchronous) {
    std::string const script =
        "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA temp_store=MEMORY;"
        "PRAGMA synchronous=" +
        std::string(full_synchronous ? "FULL" : "NORMAL") +
        "; PRAGMA application_id=" + std::to_string(kind.application) + "; PRAGMA cache_size=-" +
        std::to_string(kind.page_cache_kib);
    return database.execute(script.c_str());
}

Result<void> migrate(Database& database, FileKind const& kind) {
    auto version = static_cast<std::size_t>(single(database, kVersion));
    for (; version < kind.migrations.size(); ++version) {
        std::string const script = std::string("BEGIN IMMEDIATE;") + kind.migrations[version] +
                                   ";PRAGMA user_version=" + std::to_string(version + 1) + ";COMMIT";
        if (auto done = database.execute(script.c_str()); !done) {
            database.rollback();
            return done.error();
        }
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Database>> open_for_writing(
    std::string const& path, FileKind const& kind, bool full_synchronous
) {
    auto const made = make_file(path);
    if (!made) return made.error();
    if (!*made) {
        if (auto checked = check_file(path, kind); !checked) return checked.error();
        ::chmod(path.c_str(), kOwnerOnly);
    }
    auto opened = Database::open(path, Database::Mode::read_write);
    if (!opened) return opened.error();
    Database& database = **opened;
    auto ready = set_up(database, kind, full_synchronous);
    if (ready) ready = migrate(database, kind);
    if (!ready) return refused(path, ready.error().detail());
    return opened;
}

Result<std::unique_ptr<Database>> open_for_reading(std::string const& path) {
    auto opened = Database::open(path, Database::Mode::read_only);
    if (!opened) return opened.error();
    if (auto ready = (*opened)->execute("PRAGMA temp_store=MEMORY; PRAGMA query_only=1"); !ready)
        return refused(path, ready.error().detail());
    return opened;
}

}  // namespace tributary::cache
