#include "orchestrator/storage/thread_watch.hpp"

#include <cstdio>

#include <unistd.h>

#include "tests/support/catch.hpp"

namespace tributary::storage {

using namespace std::chrono_literals;

namespace {

/// What a logger that is gone at the end of `write` put on stderr.
template <class Write>
std::string stderr_of(Write write) {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stderr);
    int const before = ::dup(STDERR_FILENO);
    ::dup2(::fileno(file), STDERR_FILENO);
    write();
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a database that fails is logged once a minute, and once when it works again", "[storage]") {
    Metrics metrics;
    Failure const full(Errc::storage, "database or disk is full");
    auto const text = stderr_of([&] {
        ThreadWatch watch(metrics, Logger::to_stderr(LogFormat::text, LogLevel::info), "writer");
        ThreadWatch::Now const start{};
        for (int i = 0; i < 100; ++i) {
            (void)watch.failed(full, start + i * 1s);
            if (i % 10 == 9) watch.worked();
        }
        watch.worked();
    });
    INFO(text);
    CHECK(count(text, "event=\"storage failed\" thread=writer reason=\"database or disk is full\"") == 2);
    CHECK(count(text, "event=\"storage works again\"") == 2);
    CHECK(metrics.counter("tributary_storage_failures_total", "", {{"thread", "writer"}}).value() == 100);
}

TEST_CASE("a full queue and a shutdown are told as they are, and are no failure of the database", "[storage]") {
    Metrics metrics;
    ThreadWatch watch(metrics, Logger(), "writer");
    ThreadWatch::Now const now{};
    CHECK(watch.failed(Failure(Errc::throttled, "full"), now).detail() == "full");
    CHECK(watch.failed(Failure(Errc::closed), now).errc() == Errc::closed);
    CHECK(metrics.counter("tributary_storage_failures_total", "", {{"thread", "writer"}}).value() == 0);
    CHECK(metrics.counter("tributary_storage_refused_total", "", {{"thread", "writer"}}).value() == 1);
}

}  // namespace tributary::storage
