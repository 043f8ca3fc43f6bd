#include "orchestrator/cli/watch.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "tests/support/catch.hpp"

namespace tributary::cli {

using Catch::Matchers::ContainsSubstring;

namespace {

/// What is said on stderr while it lives.
class Complaints {
public:
    Complaints() : before_(std::cerr.rdbuf(text_.rdbuf())) {}
    Complaints(Complaints const&) = delete;
    Complaints& operator=(Complaints const&) = delete;
    ~Complaints() { std::cerr.rdbuf(before_); }
    std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::streambuf* before_;
};

}  // namespace

TEST_CASE("a summary that cannot be written is told before anything is watched", "[cli][watch]") {
    auto const file = (std::filesystem::temp_directory_path() / "no-such-folder" / "summary.txt").string();
    Complaints const complaints;
    CHECK(run_watch({"DocumentReference?patient.family=smith", "http://127.0.0.1:1/fhir", file}) == 1);
    CHECK_THAT(complaints.text(), ContainsSubstring(file + ": No such file or directory"));
    CHECK_THAT(complaints.text(), !ContainsSubstring("127.0.0.1"));
}

TEST_CASE("a summary that does not fit on the disk is told", "[cli][watch]") {
    CHECK(write_summary("/dev/full", "").has_value());
    auto const written = write_summary("/dev/full", "2 documents");
    REQUIRE_FALSE(written.has_value());
    CHECK_THAT(written.error().detail(), ContainsSubstring("/dev/full: No space left"));
}

TEST_CASE("a summary takes the place of an earlier one", "[cli][watch]") {
    auto const file = (std::filesystem::temp_directory_path() / "tributary-watch-summary.txt").string();
    CHECK(write_summary(file, "200 documents\n").has_value());
    CHECK(write_summary(file, "2\n").has_value());
    std::ifstream stream(file);
    std::string const text((std::istreambuf_iterator<char>(stream)), {});
    CHECK(text == "2\n");
    std::filesystem::remove(file);
}

}  // namespace tributary::cli
