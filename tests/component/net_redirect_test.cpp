#include "tests/component/net_fixture.hpp"

namespace tributary::net {

using Catch::Matchers::ContainsSubstring;

namespace {

std::string moved(unsigned status, std::string const& location) {
    return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
           "\r\nContent-Length: 0\r\n\r\n";
}

ClientRequest following(NetFixture const& net) {
    ClientRequest request = net.get(net.fake.url("/fhir/Binary/7"));
    request.headers.add("Authorization", "Bearer secret");
    request.headers.add("Accept", "text/xml");
    request.follow_redirects = true;
    return request;
}

}  // namespace

TEST_CASE("a redirect is followed within the origin, with the request's own fields", "[net][redirect]") {
    NetFixture net;
    auto const status = GENERATE(301U, 302U, 303U, 307U, 308U);
    net.fake.reply(moved(status, "8?x=1")).reply(FakeServer::ok("found"));
    auto test = [&]() -> awaitable<void> {
        auto response = co_await net.send(following(net));
        REQUIRE(response.has_value());
        CHECK(response->body == "found");
        CHECK(response->final_url.target == "/fhir/Binary/8?x=1");
        CHECK_THAT(net.fake.requests()[1], ContainsSubstring("Authorization: Bearer secret"));
    };
    net.run(test());
}

TEST_CASE("a redirect is an answer like any other unless following was asked for", "[net][redirect]") {
    NetFixture net;
    net.fake.reply(moved(302, "/x"));
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = following(net);
        request.follow_redirects = false;
        auto response = co_await net.send(std::move(request));
        REQUIRE(response.has_value());
        CHECK(response->status == 302);
        CHECK(net.fake.requests().size() == 1);
    };
    net.run(test());
}

TEST_CASE("another origin is visited only when listed, and without secrets", "[net][redirect]") {
    NetFixture net;
    FakeServer other(net.ctx);
    other.reply(FakeServer::ok("elsewhere"));
    net.fake.reply(moved(302, other.url("/doc")));
    bool const listed = GENERATE(true, false);
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = following(net);
        if (listed) request.redirect_origins = {parse_url(other.url())->origin()};
        auto response = co_await net.send(std::move(request));
        REQUIRE(response.has_value() == listed);
        if (listed) {
            CHECK(response->body == "elsewhere");
            CHECK_THAT(other.requests()[0], ContainsSubstring("Accept: text/xml"));
            CHECK_THAT(other.requests()[0], !ContainsSubstring("secret"));
        } else {
            CHECK(response.error().errc() == Errc::refused_address);
            CHECK(other.connections() == 0);
        }
        other.stop();
    };
    net.run(test());
}

TEST_CASE("redirects end", "[net][redirect]") {
    NetFixture net;
    net.fake.reply(moved(302, "/again"));
    auto test = [&]() -> awaitable<void> {
        auto response = co_await net.send(following(net));
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::protocol);
        CHECK(net.fake.requests().size() == 6);
    };
    net.run(test());
}

TEST_CASE("after 303 a POST becomes a GET, after 307 it is sent again", "[net][redirect]") {
    NetFixture net;
    bool const see_other = GENERATE(true, false);
    net.fake.reply(moved(see_other ? 303 : 307, "/next")).reply(FakeServer::ok(""));
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = following(net);
        request.method = "POST";
        request.body = "text";
        auto response = co_await net.send(std::move(request));
        REQUIRE(response.has_value());
        CHECK(net.fake.requests()[1].starts_with(see_other ? "GET /next" : "POST /next"));
        CHECK(net.fake.requests()[1].ends_with(see_other ? "\r\n\r\n" : "\r\n\r\ntext"));
    };
    net.run(test());
}

}  // namespace tributary::net
