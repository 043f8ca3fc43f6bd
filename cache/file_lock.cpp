#include "cache/file_lock.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace tributary::cache {

Result<FileLock> FileLock::take(std::string const& database) {
    constexpr mode_t kOwnerOnly = 0600;
    std::string const path = database + ".lock";
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (descriptor < 0) {
        return Failure(
            Errc::storage,
            path + ": cannot be made: " + std::strerror(errno) +
                "; choose a folder that exists and is writable"
        );
    }
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK)
        return Failure(Errc::storage, path + ": cannot be locked: " + std::strerror(errno));
    return Failure(
        Errc::storage,
        database + ": another process uses this database: stop it, or give [cache] path another file"
    );
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tributary::cache
