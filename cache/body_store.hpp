#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"

namespace tributary::cache {

/// Bytes of documents by SHA-256 (hex), in a SQLite file of their own beside the cache, in slices of at most 1 MiB so that no commit takes long.
/// Thread: made anywhere, then used by one thread. Errors: storage.
class BodyStore {
public:
    static Result<std::unique_ptr<BodyStore>> open(std::string const& path, bool full_synchronous);
    ~BodyStore();

    boost::system::error_code begin();
    boost::system::error_code commit();
    void rollback() noexcept;
    void checkpoint() noexcept;

    /// One slice; `last` completes the Body, which is invisible until then. Slices of one Body come in order; the same Body again changes nothing.
    Result<void> put(std::string_view sha256, std::size_t slice, std::string_view bytes, bool last);
    Result<std::optional<std::string>> get(std::string_view sha256);
    Result<void> remove(std::vector<std::string> const& sha256);
    /// In order, after the given one; also of a Body still being written.
    Result<std::vector<std::string>> digests(std::string_view after, std::size_t limit);

private:
    struct Impl;
    explicit BodyStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::cache
