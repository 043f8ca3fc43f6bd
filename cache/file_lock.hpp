#pragma once
#include <string>

#include "fhir/base/failure.hpp"

namespace tributary::cache {

/// That nobody else has this database open for writing: two processes on one would both deliver and neither see what the other holds in memory.
/// A lock of the system on a file beside it, gone with the process however that ends. Source: flock(2).
class FileLock {
public:
    /// Locks `<database>.lock`, which is made where there is none and stays. Errors: storage, with what to do.
    static Result<FileLock> take(std::string const& database);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;
    FileLock(FileLock const&) = delete;
    FileLock& operator=(FileLock const&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace tributary::cache
