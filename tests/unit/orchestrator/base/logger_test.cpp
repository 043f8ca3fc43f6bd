#include "orchestrator/base/logger.hpp"

#include <cstdio>
#include <functional>
#include <stdexcept>

#include <unistd.h>

#include "tests/support/catch.hpp"

namespace tributary {

using Catch::Matchers::ContainsSubstring;

namespace {

/// What `write` puts on stderr; the logger it makes is gone when this returns, so nothing is still queued.
std::string stderr_of(std::function<void()> const& write) {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stderr);
    int const before = ::dup(STDERR_FILENO);
    ::dup2(::fileno(file), STDERR_FILENO);
    write();
    std::fflush(stderr);
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

}  // namespace

TEST_CASE("a text line is key=value with what would break it quoted", "[logger]") {
    auto const text = stderr_of([] {
        auto const logger = Logger::to_stderr(LogFormat::text, LogLevel::info).child("partner", "p001");
        logger.debug("unseen");
        logger.info("answered", {{"status", "200"}, {"note", "two\nlines \"quoted\" a=b"}, {"none", ""}});
    });
    CHECK_THAT(
        text,
        ContainsSubstring(
            " info event=answered partner=p001 status=200 note=\"two\\nlines \\\"quoted\\\" a=b\" none=\"\"\n"
        )
    );
    CHECK_THAT(text, !ContainsSubstring("unseen"));
}

TEST_CASE("a JSON line stays JSON whatever a value holds", "[logger]") {
    auto const text = stderr_of([] {
        Logger::to_stderr(LogFormat::json, LogLevel::debug)
            .warning("odd", {{"value", std::string("a\"\\\n\x01\xff é")}});
    });
    CHECK_THAT(
        text,
        ContainsSubstring(R"("level":"warning","event":"odd","value":"a\"\\\n\u0001)"
                          "\xef\xbf\xbd é\"}\n")
    );
    CHECK(text.front() == '{');
}

TEST_CASE("an exception that ended a task is told with the task's name", "[logger]") {
    auto const text = stderr_of([] {
        Logger::to_stderr(LogFormat::text, LogLevel::error)
            .bug("pump", std::make_exception_ptr(std::logic_error("bad state")));
    });
    CHECK_THAT(text, ContainsSubstring(" error event=bug task=pump what=\"bad state\"\n"));
}

TEST_CASE("a logger by default writes nothing", "[logger]") {
    CHECK(stderr_of([] { Logger().child("a", "b").error("unheard"); }).empty());
}

}  // namespace tributary
