// Kills the process it is loaded into (LD_PRELOAD) at a chosen write to a database file: where a crash leaves a file half written.
//
// KILL_AT=N   the write point to die at, counted from 1 over all threads; 0 or unset: never
// KILL_HOW    before: nothing of it is written; half: its first half is; after: all of it is, and nobody is told
// KILL_COUNT  a file that holds the number of write points so far, where nothing is to die
//
// A write point is a write, pwrite, ftruncate, fsync or fdatasync of a file whose name has ".db" in it.

#include <atomic>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

namespace {

enum class How { before, half, after };

std::atomic<long> points{0};

long chosen() {
    static long const at = [] {
        char const* const text = std::getenv("KILL_AT");
        return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
    }();
    return at;
}

How how() {
    static How const way = [] {
        char const* const text = std::getenv("KILL_HOW");
        std::string_view const name = text == nullptr ? "before" : text;
        return name == "half" ? How::half : name == "after" ? How::after : How::before;
    }();
    return way;
}

bool is_database(int file) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    char name[PATH_MAX];
    auto const length = ::readlink(link, name, sizeof name);
    return length > 0 &&
           std::string_view(name, static_cast<std::size_t>(length)).find(".db") != std::string_view::npos;
}

void write_count(long count) {
    char const* const path = std::getenv("KILL_COUNT");
    if (path == nullptr) return;
    if (auto* const file = std::fopen(path, "w")) {
        std::fprintf(file, "%ld\n", count);
        std::fclose(file);
    }
}

/// True: this is the write to die at.
bool is_the_one(int file) {
    if (!is_database(file)) return false;
    long const point = ++points;
    if (chosen() == 0) write_count(point);
    return point == chosen();
}

[[noreturn]] void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

template <class Function>
Function real(char const* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

template <class Write, class Half>
auto at_point(int file, Write write, Half half) {
    if (!is_the_one(file)) return write();
    if (how() == How::half) half();
    if (how() == How::after) write();
    die();
}

}  // namespace

extern "C" {

ssize_t pwrite64(int file, void const* bytes, size_t size, off64_t offset) {
    static auto const call = real<decltype(&pwrite64)>("pwrite64");
    return at_point(
        file,
        [&] { return call(file, bytes, size, offset); },
        [&] { return call(file, bytes, size / 2, offset); }
    );
}

ssize_t pwrite(int file, void const* bytes, size_t size, off_t offset) {
    static auto const call = real<decltype(&pwrite)>("pwrite");
    return at_point(
        file,
        [&] { return call(file, bytes, size, offset); },
        [&] { return call(file, bytes, size / 2, offset); }
    );
}

ssize_t write(int file, void const* bytes, size_t size) {
    static auto const call = real<decltype(&write)>("write");
    return at_point(
        file, [&] { return call(file, bytes, size); }, [&] { return call(file, bytes, size / 2); }
    );
}

int ftruncate64(int file, off64_t size) {
    static auto const call = real<decltype(&ftruncate64)>("ftruncate64");
    return at_point(file, [&] { return call(file, size); }, [] {});
}

int fsync(int file) {
    static auto const call = real<decltype(&fsync)>("fsync");
    return at_point(file, [&] { return call(file); }, [] {});
}

int fdatasync(int file) {
    static auto const call = real<decltype(&fdatasync)>("fdatasync");
    return at_point(file, [&] { return call(file); }, [] {});
}
}
