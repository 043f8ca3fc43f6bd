#include "fhir/json/value.hpp"

#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::json {

TEST_CASE("a look at the wrong type answers that nothing is there", "[json]") {
    for (auto const& value :
         {Value(), Value(true), Value(7), Value("text"), array({"x"}), object({{"a", "b"}})}) {
        CHECK(value.find("missing") == nullptr);
        CHECK(value.at("a", "b", "c") == nullptr);
        CHECK(value.text("missing").empty());
        CHECK(value.items("missing").empty());
    }
    CHECK(Value(7).text().empty());
    CHECK(Value("text").items().empty());
}

TEST_CASE("members are found through several levels", "[json]") {
    auto const value = object({{"channel", object({{"type", "rest-hook"}, {"header", array({"a", "b"})}})}});
    CHECK(value.at("channel", "type")->text() == "rest-hook");
    CHECK(value.find("channel")->items("header").size() == 2);
}

TEST_CASE("set replaces in place or appends, erase takes away", "[json]") {
    Value value;
    value.set("a", 1);
    value.set("b", 2);
    value.set("a", 3);
    CHECK(write(value) == R"({"a":3,"b":2})");
    CHECK(value.erase("a"));
    CHECK_FALSE(value.erase("a"));
    CHECK(write(value) == R"({"b":2})");
    Value list;
    list.push("x");
    list.push(Raw{R"({"as":"it is"})"});
    CHECK(write(list) == R"(["x",{"as":"it is"}])");
}

}  // namespace tributary::fhir::json
