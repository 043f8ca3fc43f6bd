#include "fhir/base/outcome_table.hpp"

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"

namespace tributary {

TEST_CASE("every Errc stands once in the table of outcomes", "[outcome]") {
    // Enumerators are numbered from 1 without gaps; bug is the last.
    for (int code = 1; code <= static_cast<int>(Errc::bug); ++code) {
        INFO("Errc " << code);
        auto const rows = outcome_table();
        CHECK(std::count_if(rows.begin(), rows.end(), [code](auto const& row) {
                  return row.errc == Errc(code);
              }) == 1);
        CHECK(outcome_of(Errc(code)).errc == Errc(code));
    }
    CHECK(outcome_table().size() == static_cast<std::size_t>(Errc::bug));
}

TEST_CASE(
    "every outcome has a name of its own, a severity and type of R4, and the status of an error", "[outcome]"
) {
    std::set<std::string_view> const severities{"fatal", "error", "warning", "information"};
    std::set<std::string_view> const types{
        "invalid",       "structure", "required",         "value",         "invariant",  "security",
        "login",         "unknown",   "expired",          "forbidden",     "suppressed", "processing",
        "not-supported", "duplicate", "multiple-matches", "not-found",     "deleted",    "too-long",
        "code-invalid",  "extension", "too-costly",       "business-rule", "conflict",   "transient",
        "lock-error",    "no-store",  "exception",        "timeout",       "incomplete", "throttled",
        "informational"
    };
    std::set<std::string_view> names;
    for (auto const& row : outcome_table()) {
        INFO(row.name);
        CHECK(names.insert(row.name).second);
        CHECK(severities.contains(row.severity));
        CHECK(types.contains(row.issue));
        CHECK(row.status >= 400);
        CHECK(row.status < 600);
    }
}

TEST_CASE("what no table knows is told as a bug", "[outcome]") {
    CHECK(outcome_of(Errc(0)).errc == Errc::bug);
    CHECK(outcome_of(Errc(9999)).status == 500);
    CHECK(Failure(boost::system::errc::make_error_code(boost::system::errc::io_error)).errc() == Errc::bug);
}

TEST_CASE("the generic codes of waiting become ours", "[outcome]") {
    namespace errc = boost::system::errc;
    CHECK(Failure(errc::make_error_code(errc::timed_out)).errc() == Errc::timeout);
    CHECK(Failure(errc::make_error_code(errc::no_buffer_space)).errc() == Errc::throttled);
    CHECK(Failure(errc::make_error_code(errc::broken_pipe)).errc() == Errc::closed);
}

}  // namespace tributary
