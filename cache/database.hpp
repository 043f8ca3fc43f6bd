#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tributary::cache {

class Database;

/// Bytes that are no text.
struct Blob {
    std::string_view bytes;
};

/// A prepared statement with its values bound, borrowed from its Database and given back reset. Thread: that of the Database.
/// A failure stays in the Database; from then on every statement yields no row and changes nothing.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement(Statement const&) = delete;
    Statement& operator=(Statement const&) = delete;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    /// True: there is a (further) row.
    bool next();
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;
    Utc time(int column) const;
    std::optional<Utc> optional_time(int column) const;
    /// The first column of all rows that are left.
    std::vector<std::int64_t> integers();
    std::vector<std::string> texts();

private:
    friend class Database;
    void check(int column) const;
    /// `borrowed`: the mark to take back at the end; nullptr: the handle is this object's own.
    Statement(Database& database, sqlite3_stmt* handle, bool* borrowed)
        : database_(&database), handle_(handle), borrowed_(borrowed) {}
    template <class T>
    static decltype(auto) bindable(T const& value) {
        if constexpr (std::is_convertible_v<T const&, std::string_view>) {
            return std::string_view(value);
        } else if constexpr (std::is_integral_v<T>) {
            return static_cast<std::int64_t>(value);
        } else {
            return (value);
        }
    }
    void bind(int index, std::string_view value);
    void bind(int index, std::int64_t value);
    void bind(int index, Utc value);
    void bind(int index, Blob value);
    void bind_null(int index);
    template <class T>
    void bind(int index, std::optional<T> const& value) {
        value ? bind(index, bindable(*value)) : bind_null(index);
    }

    Database* database_;
    sqlite3_stmt* handle_;  // nullptr: the Database has failed
    bool* borrowed_;
};

/// One connection. The first failure sticks until take_failure(), so that a unit of work reads as if nothing could fail and is told once, at its end.
/// Owner: Store or BodyStore. Thread: one at a time. Statements are prepared once per text: texts are constants, told apart by their address.
class Database {
public:
    enum class Mode { read_write, read_only };
    /// Errors: storage.
    static Result<std::unique_ptr<Database>> open(std::string const& path, Mode mode);
    ~Database();
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    /// Runs a script without values. Errors: storage; does not stick.
    Result<void> execute(char const* script);
    /// Prepares them before they are needed; each takes some 50 µs. Errors: storage; does not stick.
    Result<void> prepare(std::span<char const* const> statements);
    /// The statement with its values bound, before its first row.
    template <class... Values>
    Statement query(char const* sql, Values const&... values) {
        Statement statement = borrow(sql);
        if (statement.handle_ != nullptr) {
            [[maybe_unused]] int index = 0;
            (statement.bind(++index, Statement::bindable(values)), ...);
        }
        return statement;
    }
    /// Runs it to its end. Answers how many rows it changed.
    template <class... Values>
    std::int64_t run(char const* sql, Values const&... values) {
        Statement statement = query(sql, values...);
        while (statement.next()) {
        }
        return changes();
    }
    std::int64_t last_insert() const;

    bool failed() const { return failure_.has_value(); }
    /// What stuck, if anything; afterwards the Database works again.
    std::optional<Failure> take_failure() { return std::exchange(failure_, std::nullopt); }

    boost::system::error_code begin();
    boost::system::error_code commit();
    void rollback() noexcept;
    /// Bytes in the write-ahead log after the last commit of this connection.
    std::int64_t log_bytes() const { return log_bytes_; }
    void checkpoint() noexcept;

private:
    friend class Statement;
    struct Prepared {
        sqlite3_stmt* handle = nullptr;
        bool borrowed = false;
    };
    explicit Database(sqlite3* handle, Mode mode);
    Statement borrow(char const* sql);
    std::int64_t changes() const;
    void fail();
    boost::system::error_code run_plain(char const* sql);

    sqlite3* handle_;
    Mode mode_;
    std::int64_t log_bytes_ = 0;
    std::int64_t page_size_ = 4096;
    std::optional<Failure> failure_;
    std::unordered_map<char const*, Prepared> prepared_;
};

}  // namespace tributary::cache
