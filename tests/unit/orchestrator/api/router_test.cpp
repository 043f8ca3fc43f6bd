#include "orchestrator/api/router.hpp"

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

Router some_routes() {
    Router router;
    auto const nothing = [](Request) -> awaitable<net::ServerResponse> { co_return net::ServerResponse(); };
    router.add("GET", "Subscription/{id}", nothing);
    router.add("PUT", "Subscription/{id}", nothing);
    router.add("GET", "Subscription/$status", nothing);
    router.add("POST", "Subscription/_search", nothing);
    router.refuse("Subscription/{id}/$resend", nothing);
    return router;
}

}  // namespace

TEST_CASE("a path leads to its handler and gives up its id decoded", "[api]") {
    auto const router = some_routes();
    auto const match = router.match("GET", "Subscription/a%2Db");
    REQUIRE(match.handler != nullptr);
    REQUIRE(match.captures.size() == 1);
    CHECK(match.captures.front() == "a-b");
}

TEST_CASE("a path that is written with escapes is the same path", "[api]") {
    auto const router = some_routes();
    for (auto const* path :
         {"Subscription/%24status", "%53ubscription/$status", "Subscription/%24%73tatus"}) {
        INFO(path);
        auto const match = router.match("GET", path);
        REQUIRE(match.handler != nullptr);
        CHECK(match.captures.empty());
    }
    CHECK(router.match("POST", "Subscription/%5Fsearch").handler != nullptr);
    CHECK(router.match("PUT", "Subscription/%24status").handler == nullptr);
}

TEST_CASE("escapes are undone once, and an escaped slash separates nothing", "[api]") {
    auto const router = some_routes();
    auto const match = router.match("GET", "Subscription/a%252Fb");
    REQUIRE(match.handler != nullptr);
    CHECK(match.captures.front() == "a%2Fb");
    for (auto const* path :
         {"Subscription%2F1", "Subscription/a%2Fb", "Subscription/%2F", "Subscription/1%2F"}) {
        INFO(path);
        CHECK(router.match("GET", path).handler == nullptr);
        CHECK(router.match("GET", path).allow.empty());
    }
}

TEST_CASE("an operation is never taken for an id", "[api]") {
    auto const router = some_routes();
    auto const status = router.match("GET", "Subscription/$status");
    REQUIRE(status.handler != nullptr);
    CHECK(status.captures.empty());
    CHECK(router.match("PUT", "Subscription/$status").handler == nullptr);
    CHECK(router.match("GET", "Subscription/_search").handler == nullptr);
}

TEST_CASE("a known path with another method tells the methods it takes", "[api]") {
    auto const router = some_routes();
    auto const match = router.match("PATCH", "Subscription/1");
    CHECK(match.handler == nullptr);
    CHECK(match.allow == "GET, HEAD, PUT, OPTIONS");
    CHECK(router.match("OPTIONS", "Subscription/_search").allow == "POST, OPTIONS");
    CHECK(router.match("GET", "Nothing").allow.empty());
}

TEST_CASE("what is refused by name is refused at every method but OPTIONS, which lists none", "[api]") {
    auto const router = some_routes();
    for (auto const* method : {"GET", "POST", "HEAD", "PATCH"})
        CHECK(router.match(method, "Subscription/1/$resend").handler != nullptr);
    auto const match = router.match("OPTIONS", "Subscription/1/$resend");
    CHECK(match.handler == nullptr);
    CHECK(match.allow == "OPTIONS");
}

TEST_CASE("a search is one by GET and by POST", "[api]") {
    Router router;
    router.add_search("Basic", [](Request) -> awaitable<net::ServerResponse> {
        co_return net::ServerResponse();
    });
    CHECK(router.match("GET", "Basic").handler != nullptr);
    CHECK(router.match("POST", "Basic/_search").handler != nullptr);
    CHECK(router.match("POST", "Basic").allow == "GET, HEAD, OPTIONS");
}

TEST_CASE("HEAD is served by GET", "[api]") {
    CHECK(some_routes().match("HEAD", "Subscription/1").handler != nullptr);
}

}  // namespace tributary::api
