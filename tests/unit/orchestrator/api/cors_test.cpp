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
    std::vector<std::string> const own{"https://docs.example.org"};
    CHECK(origin_allowed({}, own, ""));
    CHECK(origin_allowed({}, own, "https://docs.example.org"));
    CHECK_FALSE(origin_allowed({}, own, "https://evil.example"));
    CHECK(origin_allowed({"https://app.example"}, own, "https://app.example"));
    CHECK(origin_allowed({"*"}, own, "https://anyone.example"));
}

TEST_CASE("our own origin is that of the base in scheme, host and port", "[api]") {
    auto const own = own_origins("https://docs.example.org/fhir");
    CHECK(origin_allowed({}, own, "https://docs.example.org"));
    CHECK(origin_allowed({}, own, "https://docs.example.org:443"));
    for (auto const* stranger :
         {"http://docs.example.org",
          "https://docs.example.org:8443",
          "https://docs.example.org.evil.example",
          "https://localhost",
          "null"}) {
        INFO(stranger);
        CHECK_FALSE(origin_allowed({}, own, stranger));
    }
    auto const elsewhere = own_origins("http://docs.example.org:8080/fhir");
    CHECK(origin_allowed({}, elsewhere, "http://docs.example.org:8080"));
    CHECK_FALSE(origin_allowed({}, elsewhere, "http://docs.example.org"));
}

TEST_CASE("on loopback its names are one origin, and no other name is", "[api]") {
    for (auto const* base : {"http://127.0.0.1:8080/fhir", "http://localhost:8080/fhir"}) {
        auto const own = own_origins(base);
        CHECK(origin_allowed({}, own, "http://127.0.0.1:8080"));
        CHECK(origin_allowed({}, own, "http://localhost:8080"));
        CHECK_FALSE(origin_allowed({}, own, "http://rebound.example:8080"));
        CHECK_FALSE(origin_allowed({}, own, "http://localhost:9090"));
    }
    auto const own = own_origins("http://[::1]:8080/fhir");
    CHECK(origin_allowed({}, own, "http://[::1]:8080"));
    CHECK(origin_allowed({}, own, "http://localhost:8080"));
}

TEST_CASE("a server at every address has no origin of its own", "[api]") {
    CHECK(own_origins("http://0.0.0.0:8080/fhir").empty());
    CHECK(own_origins("https://[::]:8443/fhir").empty());
    CHECK(own_origins("").empty());
}

TEST_CASE("a listed origin is named, any origin gets a star", "[api]") {
    net::Headers listed;
    add_cors({"https://app.example"}, "https://app.example", listed);
    CHECK(listed.get("Access-Control-Allow-Origin") == "https://app.example");
    CHECK(listed.get("Access-Control-Allow-Credentials") == "true");
    CHECK(listed.get("Vary") == "Origin");
    net::Headers any;
    add_cors({"*"}, "https://app.example", any);
    CHECK(any.get("Access-Control-Allow-Origin") == "*");
    CHECK_FALSE(any.has("Access-Control-Allow-Credentials"));
    net::Headers none;
    add_cors({}, "https://app.example", none);
    CHECK(none.size() == 0);
}

TEST_CASE("where origins are listed, an answer varies by them, whoever asked", "[api]") {
    for (auto const* origin : {"", "https://app.example", "https://evil.example"}) {
        net::Headers answer;
        add_cors({"https://app.example"}, origin, answer);
        INFO(origin);
        CHECK(answer.get("Vary") == "Origin");
    }
}

TEST_CASE("an answer names an origin once, a preflight too", "[api]") {
    auto const page = from("https://app.example");
    auto answer = preflight({"https://app.example"}, page);
    add_cors({"https://app.example"}, page.get("Origin"), answer.headers);
    CHECK(std::count_if(answer.headers.begin(), answer.headers.end(), [](auto const& field) {
              return field.first == "Access-Control-Allow-Origin";
          }) == 1);
}

TEST_CASE("a preflight of a stranger is refused", "[api]") {
    CHECK(preflight({}, from("https://evil.example")).status == 403);
    CHECK(preflight({"https://app.example"}, from("https://app.example")).status == 204);
}

TEST_CASE("a page may send a PATCH, and read that there is none", "[api]") {
    auto const answer = preflight({"https://app.example"}, from("https://app.example"));
    CHECK_THAT(
        std::string(answer.headers.get("Access-Control-Allow-Methods")),
        Catch::Matchers::ContainsSubstring("PATCH")
    );
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
