#include "fhir/json/reader.hpp"

#include <random>

#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::json {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("reading and writing keeps numbers, order and unknown members to the byte", "[json]") {
    for (std::string const text :
         {R"({"b":1.10,"a":-0.0,"c":12345678901234567890.1234567890123456,"d":1E2,"e":1e-7})",
          R"([null,true,false,"",[],{},[[]],{"x":{"y":[1,2,{"z":null}]}}])",
          R"({"text":"quote \" backslash \\ newline \n tab \t bell \u0007 slash / umlaut ä 😀"})",
          R"("alone")",
          R"(0)"}) {
        auto const value = read(text);
        REQUIRE(value.has_value());
        CHECK(write(*value) == text);
    }
}

TEST_CASE("escapes are undone and written in the shortest form", "[json]") {
    CHECK(write(*read(R"("\u00e4\/\ud83d\ude00")")) == R"("ä/😀")");
    CHECK(write(Value("a\"\x01")) == R"("a\"\u0001")");
}

TEST_CASE("a broken text is refused with line and column", "[json]") {
    struct Case {
        std::string text, place;
    };
    for (auto const& [text, place] : std::vector<Case>{
             {"", "line 1, column 1"},
             {"{\n  \"a\": 1,\n  \"b\": tru\n}", "line 3, column "},
             {"{} x", "line 1, column 4"},
             {std::string("{}\0", 3), "line 1, column 3"},
             {"{\"a\":01}", "line 1"},
             {"[1,]", "line 1"},
             {"{\"a\":1e999}", "line 1"},
             {"{'a':1}", "line 1"},
             {"[NaN]", "line 1"},
             {"\"\xE4\"", "line 1"},
             {"\"\xC0\xAF\"", "line 1"},
             {"\"\xED\xA0\x80\"", "line 1"},
             {R"("\ud800")", "line 1"},
             {R"({"a":"\udc00"})", "line 1"},
             {"\"a\nb\"", "line 1"}
         }) {
        INFO(text);
        auto const value = read(text);
        REQUIRE(value.has_error());
        CHECK(value.error().errc() == Errc::malformed);
        CHECK_THAT(value.error().detail(), ContainsSubstring(place));
    }
}

TEST_CASE("a member named twice is refused with its element path", "[json]") {
    auto const failure =
        read("{\"resourceType\":\"Bundle\",\n\"entry\":[{},{\"resource\":{\"status\":1,\"status\":2}}]}")
            .error();
    CHECK(failure.errc() == Errc::duplicate_key);
    CHECK(failure.expression() == "Bundle.entry[1].resource.status");
    CHECK_THAT(failure.detail(), ContainsSubstring("line 2, column "));
    CHECK(read(R"({"a":1,"\u0061":2})").error().expression() == "a");
}

TEST_CASE("a member named twice among very many is found, at once", "[json]") {
    std::string text = "{";
    for (int i = 0; i < 50'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    CHECK(read(text + "\"last\":0}").has_value());
    CHECK(read(text + "\"k7\":0}").error().errc() == Errc::duplicate_key);
    CHECK(read(text + "\"k49999\":0}").error().errc() == Errc::duplicate_key);
}

TEST_CASE("nesting stops at the limit, whatever the depth of the text", "[json]") {
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(read(nested(64)).has_value());
    CHECK(read(nested(65)).error().errc() == Errc::too_deep);
    CHECK(read(nested(1'000'000)).error().errc() == Errc::too_deep);
    CHECK(read(nested(3), Limits{.depth = 2}).error().errc() == Errc::too_deep);
    auto const failure =
        read(R"({"resourceType":"Patient","extension":[{"extension":[]}]})", Limits{.depth = 3}).error();
    CHECK(failure.expression() == "Patient.extension[0].extension");
}

TEST_CASE("a byte-order mark is skipped and U+0000 is replaced", "[json]") {
    CHECK(read("\xEF\xBB\xBF{}").has_value());
    CHECK(read(R"({"a":"x\u0000y"})")->text("a") == "x\xEF\xBF\xBDy");
}

TEST_CASE("what was written is read again as the same value, for any value", "[json][property]") {
    auto const seed = std::random_device{}();
    INFO("TEST_SEED " << seed);
    std::mt19937 random(seed);
    auto const below = [&random](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    auto const text = [&] {
        static std::vector<std::string> const pieces{
            "a", "\"", "\\", "\n", "ä", "漢", "😀", "\x01", "/", " "
        };
        std::string out;
        for (auto n = below(6); n > 0; --n) out += pieces[below(static_cast<unsigned>(pieces.size()))];
        return out;
    };
    auto const make = [&](auto const& self, unsigned depth) -> Value {
        switch (below(depth == 0 ? 4 : 6)) {
            case 0:
                return Value();
            case 1:
                return Value(below(2) == 0);
            case 2:
                return Value(Number{std::to_string(below(1000)) + "." + std::to_string(below(100))});
            case 3:
                return Value(text());
            case 4: {
                Value items = array();
                for (auto n = below(4); n > 0; --n) items.push(self(self, depth - 1));
                return items;
            }
            default: {
                Value members = object({});
                for (auto n = below(4); n > 0; --n) members.set(text(), self(self, depth - 1));
                return members;
            }
        }
    };
    for (int i = 0; i < 2000; ++i) {
        auto const value = make(make, 4);
        auto const again = read(write(value));
        REQUIRE(again.has_value());
        REQUIRE(*again == value);
    }
}

}  // namespace tributary::fhir::json
