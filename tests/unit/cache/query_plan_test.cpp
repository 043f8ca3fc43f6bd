#include "cache/database_file.hpp"
#include "cache/schema.hpp"
#include "cache/statements.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

/// Steps that walk a whole table or index.
Texts scans(Database& database, char const* sql) {
    std::string const explained = std::string("EXPLAIN QUERY PLAN ") + sql;
    Texts scans;
    auto row = database.query(explained.c_str());
    while (row.next()) {
        auto step = row.text(3);
        bool const constant =
            step.find("CONSTANT ROW") != std::string::npos || step.find("LIST SUBQUERY") != std::string::npos;
        if (step.starts_with("SCAN") && !constant) scans.push_back(std::move(step));
    }
    return scans;
}

}  // namespace

TEST_CASE("no statement walks a whole table", "[cache][plan]") {
    TemporaryFolder folder;
    auto const database = good(open_for_writing(folder.file("plan.db"), cache_file(), false));
    for (auto const* const sql : all_statements()) {
        INFO(sql);
        CHECK(scans(*database, sql) == Texts());
        auto const failure = database->take_failure();
        CHECK((failure ? failure->detail() : "") == "");
    }
}

TEST_CASE("a walk over a whole table would be seen", "[cache][plan]") {
    TemporaryFolder folder;
    auto const database = good(open_for_writing(folder.file("plan.db"), cache_file(), false));
    CHECK_FALSE(scans(*database, "SELECT id FROM document WHERE status = ?").empty());
}

}  // namespace tributary::cache
