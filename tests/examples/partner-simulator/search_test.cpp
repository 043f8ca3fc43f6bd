#include "examples/partner-simulator/search.hpp"

#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

Patient zoe() { return {"z1", {"Zoë", "Ann"}, "O'Neill", "1970-01-02", "female", {{"urn:oid:1.2", "77"}}}; }

bool lets_through(std::string_view query, auto const& item) {
    auto const criteria = parse_query(query);
    REQUIRE(criteria.size() == 1);
    auto const result = matches(criteria.front(), item);
    REQUIRE(result.has_value());
    return *result;
}

Document dated(std::string date) {
    Document document;
    document.date = std::move(date);
    document.type = {"http://loinc.org", "18842-5", ""};
    return document;
}

}  // namespace

TEST_CASE(
    "a query is decoded once, commas are alternatives, and what has no value is left out", "[simulator]"
) {
    auto const criteria =
        parse_query("given=bob,al%2Clen&family:exact=O%27Neill&name=a\\,b&birthdate=&x=1+2");
    REQUIRE(criteria.size() == 4);
    CHECK(criteria[0].values == std::vector<std::string>{"bob", "al", "len"});
    CHECK(criteria[1].name == "family");
    CHECK(criteria[1].modifier == "exact");
    CHECK(criteria[1].values == std::vector<std::string>{"O'Neill"});
    CHECK(criteria[2].values == std::vector<std::string>{"a,b"});
    CHECK(criteria[3].values == std::vector<std::string>{"1 2"});
}

TEST_CASE("a string parameter matches the start of a name without case and accents", "[simulator]") {
    CHECK(lets_through("given=zo", zoe()));
    CHECK(lets_through("given=ZOE", zoe()));
    CHECK(lets_through("given=ann", zoe()));
    CHECK_FALSE(lets_through("given=oe", zoe()));
    CHECK(lets_through("given:exact=Ann", zoe()));
    CHECK_FALSE(lets_through("given:exact=ann", zoe()));
}

TEST_CASE("a token matches by code, by system and code, or by system", "[simulator]") {
    CHECK(lets_through("identifier=77", zoe()));
    CHECK(lets_through("identifier=urn:oid:1.2|77", zoe()));
    CHECK(lets_through("identifier=urn:oid:1.2|", zoe()));
    CHECK_FALSE(lets_through("identifier=urn:oid:1.3|77", zoe()));
    CHECK_FALSE(lets_through("identifier=|77", zoe()));
    CHECK(lets_through("type:not=http://loinc.org|1-8", dated("2025")));
}

TEST_CASE("dates compare as ranges of their precision", "[simulator]") {
    CHECK(lets_through("date=2025-11-02", dated("2025-11-02T16:15:00Z")));
    CHECK_FALSE(lets_through("date=2025-11-02", dated("2025-11")));
    CHECK(lets_through("date=ge2025-11-02", dated("2025-11-02T00:00:00Z")));
    CHECK_FALSE(lets_through("date=gt2025-11-02", dated("2025-11-02T23:59:59Z")));
    CHECK(lets_through("date=lt2025-11-02", dated("2025-11-01T23:59:59Z")));
    CHECK_FALSE(lets_through("date=lt2025-11-02", dated("2025-11-02T00:00:00Z")));
    CHECK(lets_through("date=sa2024", dated("2025-01-01")));
    CHECK_FALSE(lets_through("date=ge2025", dated("")));
}

TEST_CASE("an unknown parameter or modifier is neither a match nor a miss", "[simulator]") {
    CHECK_FALSE(matches(parse_query("shoe-size=44").front(), zoe()).has_value());
    CHECK_FALSE(matches(parse_query("given:contains=zoe").front(), zoe()).has_value());
    CHECK_FALSE(matches(parse_query("date=xx2025").front(), dated("2025")).has_value());
}

}  // namespace tributary::simulator
