#include "cache/database.hpp"

#include <cassert>

#include <sqlite3.h>

namespace tributary::cache {

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wnon-virtual-dtor"  // error_category's is protected and not virtual by design
/// Why a transaction failed: BEGIN and COMMIT answer with a code alone, and an operator has to know a full disk from a broken one.
class SqliteCategory final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "sqlite"; }
    std::string message(int code) const override {
        return std::string(sqlite3_errstr(code)) + " (SQLite " + std::to_string(code) + ")";
    }
};
#pragma GCC diagnostic pop

std::int64_t microseconds(Utc when) {
    return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      borrowed_(other.borrowed_) {}

Statement::~Statement() {
    if (handle_ == nullptr) return;
    if (borrowed_ == nullptr) {
        sqlite3_finalize(handle_);
        return;
    }
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    *borrowed_ = false;
}

bool Statement::next() {
    if (handle_ == nullptr || database_->failed()) return false;
    int const code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_->fail();
    return false;
}

std::int64_t Statement::integer(int column) const {
    check(column);
    return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
    check(column);
    auto const* const bytes = static_cast<char const*>(sqlite3_column_blob(handle_, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

bool Statement::is_null(int column) const {
    check(column);
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

/// SQLite answers a column that was not selected with NULL.
void Statement::check([[maybe_unused]] int column) const {
    assert(handle_ == nullptr || column < sqlite3_column_count(handle_));
}

Utc Statement::time(int column) const { return Utc(std::chrono::microseconds(integer(column))); }

std::optional<Utc> Statement::optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

std::vector<std::int64_t> Statement::integers() {
    std::vector<std::int64_t> column;
    while (next()) column.push_back(integer(0));
    return column;
}

std::vector<std::string> Statement::texts() {
    std::vector<std::string> column;
    while (next()) column.push_back(text(0));
    return column;
}

void Statement::bind(int index, std::string_view value) {
    char const* const bytes = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
    if (sqlite3_bind_text64(handle_, index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK)
        database_->fail();
}

void Statement::bind(int index, std::int64_t value) {
    if (sqlite3_bind_int64(handle_, index, value) != SQLITE_OK) database_->fail();
}

void Statement::bind(int index, Utc value) { bind(index, microseconds(value)); }

void Statement::bind(int index, Blob value) {
    if (sqlite3_bind_blob64(handle_, index, value.bytes.data(), value.bytes.size(), SQLITE_TRANSIENT) !=
        SQLITE_OK)
        database_->fail();
}

void Statement::bind_null(int index) {
    if (sqlite3_bind_null(handle_, index) != SQLITE_OK) database_->fail();
}

Result<std::unique_ptr<Database>> Database::open(std::string const& path, Mode mode) {
    // Counting its memory would have the threads of all databases take turns at one lock, at every allocation.
    [[maybe_unused]] static int const configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int const flags =
        SQLITE_OPEN_NOMUTEX | (mode == Mode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    sqlite3* handle = nullptr;
    if (sqlite3_open_v2(path.c_str(), &handle, flags, nullptr) != SQLITE_OK) {
        Failure failure(Errc::storage, "cannot open " + path + ": " + sqlite3_errmsg(handle));
        sqlite3_close(handle);
        return failure;
    }
    return std::unique_ptr<Database>(new Database(handle, mode));
}

Database::Database(sqlite3* handle, Mode mode) : handle_(handle), mode_(mode) {
    sqlite3_busy_timeout(handle_, 5000);
    auto const on_commit = [](void* self, sqlite3*, char const*, int pages) {
        auto& database = *static_cast<Database*>(self);
        database.log_bytes_ = pages * database.page_size_;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(
        handle_, on_commit, this
    );  // and no checkpoint of SQLite's own: PRAGMA wal_autocheckpoint would take the hook away
}

Database::~Database() {
    for (auto const& [sql, prepared] : prepared_) sqlite3_finalize(prepared.handle);
    sqlite3_close(handle_);
}

Result<void> Database::execute(char const* script) {
    if (sqlite3_exec(handle_, script, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return Failure(Errc::storage, sqlite3_errmsg(handle_));
}

Statement Database::borrow(char const* sql) {
    if (failed()) return {*this, nullptr, nullptr};
    Prepared& prepared = prepared_[sql];
    if (prepared.handle != nullptr && !prepared.borrowed) {
        prepared.borrowed = true;
        return {*this, prepared.handle, &prepared.borrowed};
    }
    bool const nested = prepared.borrowed;  // the same text is being walked further up
    sqlite3_stmt* handle = nullptr;
    unsigned const flags = nested ? 0 : SQLITE_PREPARE_PERSISTENT;
    if (sqlite3_prepare_v3(handle_, sql, -1, flags, &handle, nullptr) != SQLITE_OK) {
        fail();
        return {*this, nullptr, nullptr};
    }
    if (nested) return {*this, handle, nullptr};
    prepared = Prepared{handle, true};
    return {*this, handle, &prepared.borrowed};
}

Result<void> Database::prepare(std::span<char const* const> statements) {
    for (char const* const sql : statements) borrow(sql);
    if (auto failure = take_failure()) return std::move(*failure);
    return {};
}

std::int64_t Database::last_insert() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changes() const { return failed() ? 0 : sqlite3_changes64(handle_); }

void Database::fail() {
    if (!failed()) failure_.emplace(Errc::storage, sqlite3_errmsg(handle_));
}

/// The code is SQLite's own, with its message.
boost::system::error_code Database::run_plain(char const* sql) {
    static SqliteCategory const category;
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return {sqlite3_extended_errcode(handle_), category};
}

boost::system::error_code Database::begin() {
    failure_.reset();
    return run_plain(mode_ == Mode::read_write ? "BEGIN IMMEDIATE" : "BEGIN");
}

boost::system::error_code Database::commit() { return run_plain("COMMIT"); }

void Database::rollback() noexcept {
    if (sqlite3_get_autocommit(handle_) == 0) run_plain("ROLLBACK");
}

void Database::checkpoint() noexcept {
    int log_pages = 0;
    int moved_pages = 0;
    bool const done =
        sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &moved_pages) ==
        SQLITE_OK;
    if (done && log_pages == moved_pages) log_bytes_ = 0;
}

}  // namespace tributary::cache
