#include "orchestrator/api/cors.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

net::Headers from(std::string origin) {
    net::Headers headers;
    headers.add("Origin", std::move(origin));
    return headers;
}

}  // namespace

TEST_CASE("only our own origin may call unless others are listed", "[api]") {
    CHECK(origin_allowed({}, "", "docs.example.org"));
    CHECK(origin_allowed({}, "https://docs.example.org", "docs.example.org"));
    CHECK_FALSE(origin_allowed({}, "https://evil.example", "docs.example.org"));
    CHECK(origin_allowed({"https://app.example"}, "https://app.example", "docs.example.org"));
    CHECK(origin_allowed({"*"}, "https://anyone.example", "docs.example.org"));
}

TEST_CASE("a listed origin is named, any origin gets a star", "[api]") {
    net::Headers listed;
    add_cors({"https://app.example"}, from("https://app.example"), listed);
    CHECK(listed.get("Access-Control-Allow-Origin") == "https://app.example");
    CHECK(listed.get("Access-Control-Allow-Credentials") == "true");
    CHECK(listed.get("Vary") == "Origin");
    net::Headers any;
    add_cors({"*"}, from("https://app.example"), any);
    CHECK(any.get("Access-Control-Allow-Origin") == "*");
    CHECK_FALSE(any.has("Access-Control-Allow-Credentials"));
    net::Headers none;
    add_cors({}, from("https://app.example"), none);
    CHECK(none.size() == 0);
}

TEST_CASE("an answer names an origin once, a preflight too", "[api]") {
    auto const page = from("https://app.example");
    auto answer = preflight({"https://app.example"}, page);
    add_cors({"https://app.example"}, page, answer.headers);
    CHECK(std::count_if(answer.headers.begin(), answer.headers.end(), [](auto const& field) {
              return field.first == "Access-Control-Allow-Origin";
          }) == 1);
}

TEST_CASE("a preflight of a stranger is refused", "[api]") {
    CHECK(preflight({}, from("https://evil.example")).status == 403);
    CHECK(preflight({"https://app.example"}, from("https://app.example")).status == 204);
}

TEST_CASE("a page may send every header that a request here can carry", "[api]") {
    auto const answer = preflight({"https://app.example"}, from("https://app.example"));
    std::string const allowed(answer.headers.get("Access-Control-Allow-Headers"));
    for (auto const* name :
         {"Authorization", "Content-Type", "If-Match", "If-None-Exist", "Prefer", "X-Medplum"})
        CHECK_THAT(allowed, Catch::Matchers::ContainsSubstring(name));
    std::string const exposed(answer.headers.get("Access-Control-Expose-Headers"));
    for (auto const* name : {"ETag", "Location", "Last-Modified"})
        CHECK_THAT(exposed, Catch::Matchers::ContainsSubstring(name));
}

}  // namespace tributary::api
