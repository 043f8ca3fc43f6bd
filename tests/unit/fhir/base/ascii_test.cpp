#include "fhir/base/ascii.hpp"

#include "tests/support/catch.hpp"

namespace tributary::ascii {

TEST_CASE("only ASCII letters lose their case", "[ascii]") {
    CHECK(lower(std::string_view("Content-TYPE: ÄÖ @[`{")) == "content-type: ÄÖ @[`{");
    CHECK(equal_without_case("Keep-Alive", "kEEP-aLIVE"));
    CHECK_FALSE(equal_without_case("Keep-Alive", "Keep-Alive "));
    CHECK_FALSE(equal_without_case("É", "é"));
}

TEST_CASE("trimming takes blanks, and line ends only where asked", "[ascii]") {
    CHECK(trim(" \tvalue of it\t ") == "value of it");
    CHECK(trim("value\r\n") == "value\r\n");
    CHECK(trim("\r\n value \n", kSpace) == "value");
    CHECK(trim(" \t ").empty());
}

TEST_CASE("hexadecimal digits have a value in either case, and nothing else has", "[ascii]") {
    CHECK(hex_value('0') == 0);
    CHECK(hex_value('9') == 9);
    CHECK(hex_value('a') == 10);
    CHECK(hex_value('F') == 15);
    for (char const c : {'g', 'G', '/', ':', '@', '`', ' ', '\0'}) CHECK(hex_value(c) == -1);
}

TEST_CASE("a token has no separators and is not empty", "[ascii]") {
    CHECK(is_token("X-Request_Id!"));
    CHECK_FALSE(is_token(""));
    for (char const* const text : {"a b", "a:b", "a/b", "a\"", "a\r", "é"}) CHECK_FALSE(is_token(text));
}

}  // namespace tributary::ascii
