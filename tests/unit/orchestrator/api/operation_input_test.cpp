#include "orchestrator/api/operation_input.hpp"

#include <limits>

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

OperationInput asked(std::string query, std::string parameters) {
    net::ServerRequest request;
    request.method = "POST";
    request.query = std::move(query);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = R"({"resourceType":"Parameters","parameter":)" + parameters + "}";
    auto input = OperationInput::read(request);
    REQUIRE(input.has_value());
    return std::move(*input);
}

}  // namespace

TEST_CASE("what an operation is given is read in any type that a client may choose", "[api]") {
    for (auto const* value :
         {R"("valueString":"3")",
          R"("valueId":"3")",
          R"("valueInteger":3)",
          R"("valueInteger64":"3")",
          R"("valueUnsignedInt":3)",
          R"("valuePositiveInt":3)"}) {
        INFO(value);
        auto const input = asked("", R"([{"name":"eventsSinceNumber",)" + std::string(value) + "}]");
        auto const number = input.number("eventsSinceNumber");
        REQUIRE(number.has_value());
        CHECK(*number == std::optional<std::int64_t>(3));
    }
}

TEST_CASE("a parameter whose value cannot be read is refused, not taken for left out", "[api]") {
    for (auto const* member :
         {"", R"(,"valueDecimal":3.5)", R"(,"valueString":"")", R"(,"valueReference":{"reference":"x"})"}) {
        INFO(member);
        auto const input = asked("", R"([{"name":"id")" + std::string(member) + "}]");
        auto const values = input.values("id");
        REQUIRE(!values.has_value());
        CHECK(values.error().errc() == Errc::invalid);
        CHECK(!input.number("id").has_value());
        REQUIRE(input.values("status").has_value());
        CHECK(input.values("status")->empty());
    }
}

TEST_CASE("parameters that are no list are refused", "[api]") {
    net::ServerRequest request;
    request.method = "POST";
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = R"({"resourceType":"Parameters","parameter":"x"})";
    CHECK(!OperationInput::read(request).has_value());
}

TEST_CASE("query and body give the values of one parameter together", "[api]") {
    auto const input = asked("id=a,b", R"([{"name":"id","valueId":"c"}])");
    auto const values = input.values("id");
    REQUIRE(values.has_value());
    CHECK(*values == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a number is one, in digits", "[api]") {
    for (auto const* query : {"n=-1", "n=abc", "n=2.0", "n=1e1", "n=1,2", "n=3x"}) {
        INFO(query);
        CHECK(!asked(query, "[]").number("n").has_value());
    }
    for (auto const* query :
         {"n=9223372036854775807", "n=9223372036854775808", "n=99999999999999999999999"}) {
        INFO(query);
        auto const number = asked(query, "[]").number("n");
        REQUIRE(number.has_value());
        CHECK(*number == std::optional(std::numeric_limits<std::int64_t>::max()));
    }
    CHECK_FALSE(asked("", "[]").number("n")->has_value());
}

}  // namespace tributary::api
