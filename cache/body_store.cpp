#include "cache/body_store.hpp"

#include "cache/database.hpp"
#include "cache/schema.hpp"

namespace tributary::cache {

namespace {

// A Body without slices is one still being written.
constexpr char kComplete[] = "SELECT 1 FROM body WHERE sha256 = ? AND slices > 0";
constexpr char kStart[] = "INSERT INTO body(sha256, slices, size) VALUES(?, 0, 0) ON CONFLICT DO NOTHING";
constexpr char kIncomplete[] = "SELECT sha256 FROM body WHERE slices = 0";
constexpr char kInsertSlice[] =
    "INSERT INTO slice(sha256, slice, bytes) VALUES(?, ?, ?) ON CONFLICT(sha256, slice) DO UPDATE SET bytes "
    "= excluded.bytes";
constexpr char kSize[] = "SELECT sum(length(bytes)) FROM slice WHERE sha256 = ?";
constexpr char kFinish[] = "UPDATE body SET slices = ?, size = ? WHERE sha256 = ?";
constexpr char kDropLaterSlices[] = "DELETE FROM slice WHERE sha256 = ? AND slice > ?";
constexpr char kSlices[] = "SELECT bytes FROM slice WHERE sha256 = ? ORDER BY slice";
constexpr char kDropSlices[] = "DELETE FROM slice WHERE sha256 = ?";
constexpr char kDropBody[] = "DELETE FROM body WHERE sha256 = ?";
constexpr char kDigests[] =
    "SELECT DISTINCT sha256 FROM slice WHERE sha256 > ? ORDER BY sha256 LIMIT ?";  // of slices left over too
constexpr char kFreePages[] = "PRAGMA incremental_vacuum(1000)";

constexpr std::int64_t kMostLog = std::int64_t{1}
                                  << 20U;  // small, so that no checkpoint keeps the disk for long

}  // namespace

struct BodyStore::Impl {
    /// The outcome of a unit of work.
    template <class T>
    Result<T> done(T value) {
        if (auto failure = database->take_failure()) return std::move(*failure);
        return value;
    }
    Result<void> done() {
        if (auto failure = database->take_failure()) return std::move(*failure);
        return {};
    }
    bool complete(std::string_view sha256) { return database->query(kComplete, sha256).next(); }

    /// Left behind by a crash.
    std::vector<std::string> incomplete() { return database->query(kIncomplete).texts(); }

    std::unique_ptr<Database> database;
};

Result<std::unique_ptr<BodyStore>> BodyStore::open(std::string const& path, bool full_synchronous) {
    auto database = open_for_writing(path, bodies_file(), full_synchronous);
    if (!database) return database.error();
    auto impl = std::make_unique<Impl>();
    impl->database = std::move(*database);
    std::unique_ptr<BodyStore> store(new BodyStore(std::move(impl)));
    if (auto dropped = store->remove(store->impl_->incomplete()); !dropped) return dropped.error();
    return store;
}

BodyStore::BodyStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BodyStore::~BodyStore() = default;

boost::system::error_code BodyStore::begin() { return impl_->database->begin(); }
boost::system::error_code BodyStore::commit() {
    auto const code = impl_->database->commit();
    if (!code) checkpoint();
    return code;
}
void BodyStore::rollback() noexcept { impl_->database->rollback(); }
void BodyStore::checkpoint() noexcept {
    if (impl_->database->log_bytes() > kMostLog) impl_->database->checkpoint();
}

Result<void> BodyStore::put(std::string_view sha256, std::size_t slice, std::string_view bytes, bool last) {
    auto& database = *impl_->database;
    if (impl_->complete(sha256)) return impl_->done();
    if (slice == 0) database.run(kStart, sha256);
    database.run(kInsertSlice, sha256, slice, Blob{bytes});
    if (last) {
        database.run(kDropLaterSlices, sha256, slice);  // of an attempt that was cut off
        std::int64_t size = 0;
        if (auto row = database.query(kSize, sha256); row.next()) size = row.integer(0);
        database.run(kFinish, slice + 1, size, sha256);
    }
    return impl_->done();
}

Result<std::optional<std::string>> BodyStore::get(std::string_view sha256) {
    if (!impl_->complete(sha256)) return impl_->done(std::optional<std::string>());
    std::string bytes;
    auto row = impl_->database->query(kSlices, sha256);
    while (row.next()) bytes += row.text(0);
    return impl_->done(std::optional(std::move(bytes)));
}

Result<void> BodyStore::remove(std::vector<std::string> const& sha256) {
    for (auto const& digest : sha256) {
        impl_->database->run(kDropSlices, digest);
        impl_->database->run(kDropBody, digest);
    }
    impl_->database->run(kFreePages);
    return impl_->done();
}

Result<std::vector<std::string>> BodyStore::digests(std::string_view after, std::size_t limit) {
    return impl_->done(impl_->database->query(kDigests, after, limit).texts());
}

}  // namespace tributary::cache
