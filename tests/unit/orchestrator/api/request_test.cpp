#include "orchestrator/api/request.hpp"

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

net::Headers accept(std::string value) {
    net::Headers headers;
    headers.add("Accept", std::move(value));
    return headers;
}

net::ServerRequest body_of(std::string content_type, std::string body) {
    net::ServerRequest request;
    request.method = "POST";
    request.headers.add("Content-Type", std::move(content_type));
    request.body = std::move(body);
    return request;
}

std::vector<fhir::search::Parameter> format(std::string value) {
    fhir::search::Parameter parameter;
    parameter.name = "_format";
    parameter.values = {std::move(value)};
    return {parameter};
}

}  // namespace

TEST_CASE("FHIR JSON is given to whoever can take it", "[api]") {
    for (char const* value :
         {"*/*",
          "application/*",
          "application/fhir+json",
          "application/json;q=0.1",
          "text/html,*/*;q=0.8",
          "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, "
          "application/json+fhir;q=0.9"}) {
        INFO(value);
        CHECK(accept_json(accept(value), {}).has_value());
    }
    CHECK(accept_json(net::Headers(), {}).has_value());
}

TEST_CASE("who takes only XML is told so", "[api]") {
    for (char const* value : {"application/fhir+xml", "text/xml", "application/fhir+json;q=0"}) {
        INFO(value);
        auto const answer = accept_json(accept(value), {});
        REQUIRE(!answer.has_value());
        CHECK(answer.error().errc() == Errc::not_acceptable);
    }
    CHECK(!accept_json(net::Headers(), format("xml")).has_value());
}

TEST_CASE("_format wins over Accept, an unescaped plus included", "[api]") {
    CHECK(accept_json(accept("application/fhir+xml"), format("json")).has_value());
    CHECK(accept_json(accept("application/fhir+xml"), format("application/fhir json")).has_value());
}

TEST_CASE("Prefer is read in any spelling that RFC 7240 allows", "[api]") {
    net::Headers headers;
    headers.add("Prefer", "respond-sync; foo, return=minimal");
    headers.add("prefer", "handling=Strict");
    CHECK(preferred_return(headers) == Return::minimal);
    CHECK(strict_handling(headers));
    net::Headers quoted;
    quoted.add("Prefer", "return=\"minimal\"; x=1, handling = \"strict\"");
    CHECK(preferred_return(quoted) == Return::minimal);
    CHECK(strict_handling(quoted));
    CHECK(preferred_return(net::Headers()) == Return::representation);
    CHECK_FALSE(strict_handling(net::Headers()));
}

TEST_CASE("a body in another format, or of another type, is refused by name", "[api]") {
    auto const xml = read_resource(body_of("application/fhir+xml", "<Subscription/>"), "Subscription");
    REQUIRE(!xml.has_value());
    CHECK(xml.error().errc() == Errc::media_type);
    auto const other =
        read_resource(body_of("application/fhir+json", R"({"resourceType":"Patient"})"), "Subscription");
    REQUIRE(!other.has_value());
    CHECK(other.error().errc() == Errc::invalid);
    auto const version =
        read_resource(body_of("application/fhir+json; fhirVersion=5.0", "{}"), "Subscription");
    REQUIRE(!version.has_value());
    CHECK(version.error().errc() == Errc::media_type);
    CHECK(
        read_resource(
            body_of("application/json; charset=utf-8; fhirVersion=4.0", R"({"resourceType":"Subscription"})"),
            "Subscription"
        )
            .has_value()
    );
}

TEST_CASE("a body with U+0000 in it is refused, and one that only writes about it is not", "[api][A4]") {
    auto const read = [](std::string const& header) {
        auto const body = R"({"resourceType":"Subscription","channel":{"header":[")" + header + R"("]}})";
        return read_resource(body_of("application/fhir+json", body), "Subscription");
    };
    for (auto const* header : {R"(X-A: a\u0000b)", R"(X-A: \\\u0000)"}) {
        INFO(header);
        REQUIRE(!read(header).has_value());
        CHECK(read(header).error().errc() == Errc::value);
    }
    for (auto const* header : {R"(X-A: a\\u0000b)", R"(X-A: \uFFFD)", "X-A: u0000"})
        CHECK(read(header).has_value());
}

TEST_CASE("If-Match names a version, any, or nothing of ours", "[api]") {
    auto const read = [](std::string value) {
        net::Headers headers;
        headers.add("If-Match", std::move(value));
        return read_if_match(headers);
    };
    for (char const* value : {"W/\"12\"", "\"12\"", " W/\"12\" ", "12"}) {
        INFO(value);
        auto const version = read(value);
        REQUIRE(version.has_value());
        CHECK(*version == std::optional<std::uint64_t>(12));
    }
    CHECK_FALSE(read_if_match(net::Headers())->has_value());
    CHECK_FALSE(read("*")->has_value());
    for (char const* value : {"W/\"x\"", "W/\"1\", W/\"2\"", "\"\""}) {
        INFO(value);
        REQUIRE(!read(value).has_value());
        CHECK(read(value).error().errc() == Errc::precondition);
    }
}

TEST_CASE("malformed JSON is told with its line", "[api]") {
    auto const broken =
        read_resource(body_of("application/fhir+json", "{\n\"resourceType\": }"), "Subscription");
    REQUIRE(!broken.has_value());
    CHECK(broken.error().errc() == Errc::malformed);
    CHECK_THAT(broken.error().detail(), Catch::Matchers::ContainsSubstring("line 2"));
}

TEST_CASE("a search takes query and form together", "[api]") {
    auto request = body_of("application/x-www-form-urlencoded", "status=current&_count=2");
    request.query = "patient=1";
    auto parameters = read_parameters(request);
    REQUIRE(parameters.has_value());
    CHECK(parameters->size() == 3);
    CHECK(take(*parameters, "_count") == std::vector<std::string>{"2"});
    CHECK(parameters->size() == 2);
    CHECK(!read_parameters(body_of("application/fhir+json", "{}")).has_value());
}

TEST_CASE("a read in a format that FHIR does not have is a bad request", "[api]") {
    auto const errc = [](std::string query, std::string accept) {
        net::ServerRequest request;
        request.query = std::move(query);
        if (!accept.empty()) request.headers.add("Accept", std::move(accept));
        auto const checked = check_read_accept(request);
        return checked ? Errc() : checked.error().errc();
    };
    CHECK(errc("", "image/png") == Errc::unknown_parameter);
    CHECK(errc("_format=impossible", "") == Errc::unknown_parameter);
    CHECK(errc("", "application/fhir+xml") == Errc::not_acceptable);
    CHECK(errc("_format=xml", "") == Errc::not_acceptable);
    CHECK(errc("", "text/html, */*;q=0.1") == Errc());
    CHECK(errc("_format=json", "image/png") == Errc());
}

}  // namespace tributary::api
