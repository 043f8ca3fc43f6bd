#include "tests/component/net_fixture.hpp"
#include "tests/support/compress.hpp"

namespace tributary::net {

using Catch::Matchers::ContainsSubstring;

namespace {

double value_of(Metrics& metrics, char const* name) { return metrics.counter(name, "").value(); }

}  // namespace

TEST_CASE("a connection is kept and used again", "[net][client]") {
    NetFixture net;
    net.fake.reply(FakeServer::ok("one")).reply(FakeServer::ok("two"));
    auto test = [&]() -> awaitable<void> {
        for (auto const* expected : {"one", "two"}) {
            auto response = co_await net.send(net.get(net.fake.url("/Patient?name=a%20b")));
            REQUIRE(response.has_value());
            CHECK(response->body == expected);
        }
        CHECK(net.fake.connections() == 1);
        CHECK(net.fake.ended() == 0);
        net.client.close_idle();
    };
    net.run(test());
    CHECK_THAT(
        net.fake.requests()[0], ContainsSubstring("GET /Patient?name=a%20b HTTP/1.1\r\nHost: 127.0.0.1:")
    );
    CHECK_THAT(net.fake.requests()[0], ContainsSubstring("\r\nUser-Agent: tributary/"));
    CHECK_THAT(net.fake.requests()[0], ContainsSubstring("\r\nX-Request-Id: "));
    CHECK_THAT(net.fake.requests()[0], ContainsSubstring("\r\nAccept-Encoding: gzip, deflate\r\n"));
}

TEST_CASE(
    "a connection that is too old, said to close, or of another policy is not used again", "[net][client]"
) {
    HttpClient::Settings settings;
    settings.idle_for = 0s;
    NetFixture net(settings);
    NetFixture young;
    net.fake.reply(FakeServer::ok("old"));
    young.fake.reply(FakeServer::ok("a", "Connection: close\r\n")).reply(FakeServer::ok("b"));
    auto twice = [](NetFixture& on, ClientRequest first, ClientRequest second) -> awaitable<void> {
        auto one = co_await on.send(std::move(first));
        auto two = co_await on.send(std::move(second));
        REQUIRE(one.has_value());
        REQUIRE(two.has_value());
    };
    net.run(twice(net, net.get(net.fake.url()), net.get(net.fake.url())));
    CHECK(net.fake.connections() == 2);
    ClientRequest other = young.get(young.fake.url());
    other.policy.restrict_ports = true;
    auto both = [&]() -> awaitable<void> {
        co_await twice(young, young.get(young.fake.url()), young.get(young.fake.url()));
        co_await twice(young, young.get(young.fake.url()), other);
    };
    young.run(both());
    CHECK(young.fake.connections() == 3);
}

TEST_CASE("a kept connection that was closed meanwhile costs nobody an answer", "[net][client]") {
    NetFixture net;
    auto const method = GENERATE(as<std::string>(), "GET", "PUT", "DELETE");
    double repeats = 0;
    SECTION("seen before it is used") {
        net.fake.reply_and_close(FakeServer::ok("first")).reply(FakeServer::ok("second"));
    }
    SECTION("seen only when the request has been written") {
        repeats = 1;
        net.fake.reply(FakeServer::ok("first")).close().reply(FakeServer::ok("second"));
    }
    auto test = [&]() -> awaitable<void> {
        auto first = co_await net.send(net.get(net.fake.url()));
        REQUIRE(first.has_value());
        co_await net.clock.sleep_for(20ms);
        ClientRequest request = net.get(net.fake.url());
        request.method = method;
        auto second = co_await net.send(std::move(request));
        REQUIRE(second.has_value());
        CHECK(second->body == "second");
        CHECK(net.fake.connections() == 2);
        CHECK(value_of(net.metrics, "tributary_http_client_stale_total") == repeats);
    };
    net.run(test());
}

TEST_CASE("a POST is sent again only when a repeat is harmless", "[net][client]") {
    NetFixture net;
    net.fake.reply(FakeServer::ok("first")).close().reply(FakeServer::ok("second"));
    bool const harmless = GENERATE(true, false);
    auto test = [&]() -> awaitable<void> {
        auto first = co_await net.send(net.get(net.fake.url()));
        REQUIRE(first.has_value());
        ClientRequest post = net.get(net.fake.url());
        post.method = "POST";
        post.body = "{}";
        if (harmless) post.headers.add("Idempotency-Key", "s/1");
        auto second = co_await net.send(std::move(post));
        REQUIRE(second.has_value() == harmless);
        if (!harmless) CHECK(second.error().errc() == Errc::protocol);
        CHECK(net.fake.requests().size() == (harmless ? 3 : 2));
        CHECK(value_of(net.metrics, "tributary_http_client_stale_total") == (harmless ? 1 : 0));
    };
    net.run(test());
}

TEST_CASE("a server that says nothing costs the deadline and no more", "[net][client]") {
    NetFixture net;
    net.fake.stall("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
    auto test = [&]() -> awaitable<void> {
        auto const begin = net.clock.now();
        auto response = co_await net.client.send(net.in(100ms), net.get(net.fake.url()));
        auto const took = net.clock.now() - begin;
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::timeout);
        CHECK(took >= 100ms);
        CHECK(took < 10s);
        while (net.fake.ended() == 0) co_await net.clock.sleep_for(1ms);
    };
    net.run(test());
}

TEST_CASE("a cancelled call closes its connection at once", "[net][client]") {
    NetFixture net;
    net.fake.stall();
    auto call = [&]() -> awaitable<void> {
        auto response = co_await net.send(net.get(net.fake.url()));
        FAIL("a cancelled call has no result");
    };
    Root calling(net.ctx);
    calling.start(call());
    auto test = [&]() -> awaitable<void> {
        while (net.fake.requests().empty()) co_await net.clock.sleep_for(1ms);
        auto const begin = net.clock.now();
        calling.cancel();
        while (net.fake.ended() == 0) co_await net.clock.sleep_for(1ms);
        CHECK(net.clock.now() - begin < 5s);
    };
    net.run(test());
    CHECK(calling.cancelled());
}

TEST_CASE("nobody listening is told as such", "[net][client]") {
    NetFixture net;
    auto const url = net.fake.url();
    net.fake.stop();
    auto test = [&]() -> awaitable<void> {
        auto response = co_await net.send(net.get(url));
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::connect);
        auto unknown = co_await net.send(net.get("http://no-such-host.invalid/"));
        REQUIRE_FALSE(unknown.has_value());
        CHECK(unknown.error().errc() == Errc::dns);
    };
    net.run(test());
}

TEST_CASE("a name is looked up and its address checked before anything is sent", "[net][client]") {
    NetFixture net;
    net.fake.reply(FakeServer::ok("hello"));
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = net.get("http://localhost:" + std::to_string(net.fake.port()) + "/");
        auto open = co_await net.send(request);
        REQUIRE(open.has_value());
        CHECK(open->body == "hello");
        request.policy.allow_private_addresses = false;
        auto refused = co_await net.send(request);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().errc() == Errc::refused_address);
        CHECK(net.fake.requests().size() == 1);
    };
    net.run(test());
}

TEST_CASE("a response cut short is never a success", "[net][client]") {
    NetFixture net;
    auto const bytes = GENERATE(
        as<std::string>(),
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    );
    net.fake.reply_and_close(bytes);
    auto test = [&]() -> awaitable<void> {
        auto response = co_await net.send(net.get(net.fake.url()));
        INFO(bytes);
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::protocol);
    };
    net.run(test());
}

TEST_CASE("every way to say where a body ends is understood", "[net][client]") {
    NetFixture net;
    net.fake
        .reply(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + FakeServer::ok("a")
        )
        .reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        .reply("HTTP/1.1 204 No Content\r\n\r\n")
        .reply_and_close("HTTP/1.0 200 OK\r\n\r\nto the end");
    auto test = [&]() -> awaitable<void> {
        for (auto const* expected : {"a", "abcde", "", "to the end"}) {
            auto response = co_await net.send(net.get(net.fake.url()));
            INFO(expected);
            REQUIRE(response.has_value());
            CHECK(response->body == expected);
        }
        CHECK(net.fake.connections() == 1);
    };
    net.run(test());
}

TEST_CASE("limits on body and head hold, whatever the length says", "[net][client]") {
    NetFixture net;
    auto const bytes = GENERATE(
        as<std::string>(),
        FakeServer::ok(std::string(101, 'x')),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') +
            "\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'),
        FakeServer::ok("", "X-Long: " + std::string(70000, 'x') + "\r\n"),
        FakeServer::ok(
            compress(std::string(10'000'000, 'x'), Compression::gzip).substr(0, 100),
            "Content-Encoding: gzip\r\n"
        )
    );
    net.fake.stall(bytes);
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = net.get(net.fake.url());
        request.body_limit = 100;
        auto response = co_await net.send(std::move(request));
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::too_large);
    };
    net.run(test());
}

TEST_CASE("a body that is not wanted is dropped, and a long one not even read", "[net][client]") {
    NetFixture net;
    net.fake.reply(FakeServer::ok("welcome")).reply(FakeServer::ok(std::string(5000, 'x')));
    auto test = [&]() -> awaitable<void> {
        for (std::size_t const connections : {1U, 1U}) {
            ClientRequest request = net.get(net.fake.url());
            request.discard_body = true;
            request.body_limit = 100;
            auto response = co_await net.send(std::move(request));
            REQUIRE(response.has_value());
            CHECK(response->status == 200);
            CHECK(response->body.empty());
            CHECK(net.fake.connections() == connections);
        }
        while (net.fake.ended() == 0) co_await net.clock.sleep_for(1ms);
    };
    net.run(test());
}

TEST_CASE("where no body is wanted the head is the answer, however the body ends", "[net][client][B16]") {
    NetFixture net;
    SECTION("closed too early") {
        net.fake.reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    }
    SECTION("no chunk") {
        net.fake.reply_and_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnothing like it\r\n");
    }
    SECTION("never") { net.fake.stall("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234"); }
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = net.get(net.fake.url());
        request.discard_body = true;
        auto response = co_await net.client.send(net.in(500ms), std::move(request));
        REQUIRE(response.has_value());
        CHECK(response->status == 200);
        CHECK(response->body.empty());
    };
    net.run(test());
}

TEST_CASE("compressed bodies are undone within the limit", "[net][client]") {
    NetFixture net;
    std::string text;
    for (int i = 0; i < 200000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
    net.fake.reply(FakeServer::ok(compress("small", Compression::gzip), "Content-Encoding: gzip\r\n"))
        .reply(FakeServer::ok(compress(text, Compression::zlib), "Content-Encoding: deflate\r\n"))
        .reply(FakeServer::ok(
            compress(std::string(90'000'000, 'x'), Compression::gzip), "Content-Encoding: gzip\r\n"
        ))
        .reply(FakeServer::ok("x", "Content-Encoding: br\r\n"));
    auto ask = [&]() -> awaitable<Result<ClientResponse>> {
        ClientRequest request = net.get(net.fake.url());
        request.body_limit = 2'000'000;
        co_return co_await net.send(std::move(request));
    };
    auto test = [&]() -> awaitable<void> {
        auto small = co_await ask();
        REQUIRE(small.has_value());
        CHECK(small->body == "small");
        auto large = co_await ask();
        REQUIRE(large.has_value());
        CHECK(large->body == text);
        CHECK(large->wire_bytes < text.size());
        auto bomb = co_await ask();
        REQUIRE_FALSE(bomb.has_value());
        CHECK(bomb.error().errc() == Errc::too_large);
        auto unknown = co_await ask();
        REQUIRE_FALSE(unknown.has_value());
        CHECK(unknown.error().errc() == Errc::protocol);
    };
    net.run(test());
}

TEST_CASE("a request that would break its own head is not sent", "[net][client]") {
    NetFixture net;
    auto test = [&]() -> awaitable<void> {
        ClientRequest field = net.get(net.fake.url());
        field.headers.add("X-Note", "a\r\nX-Other: b");
        ClientRequest method = net.get(net.fake.url());
        method.method = "GET /x HTTP/1.1\r\n";
        ClientRequest target = net.get(net.fake.url());
        target.url.target = "/a b";
        for (auto const* request : {&field, &method, &target}) {
            auto response = co_await net.send(*request);
            REQUIRE_FALSE(response.has_value());
            CHECK(response.error().errc() == Errc::malformed);
        }
        CHECK(net.fake.connections() == 0);
    };
    net.run(test());
}

}  // namespace tributary::net
