#include <boost/asio/ssl/stream.hpp>

#include "tests/component/net_fixture.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_client.hpp"

namespace tributary::net {

using async::use_awaitable;
using Catch::Matchers::ContainsSubstring;

namespace {

Certificates& certificates() {
    static Certificates made;
    static bool const once = [] {
        made.add("localhost", "DNS:localhost");
        made.add("address", "IP:127.0.0.1");
        made.add("app", "DNS:app");
        return true;
    }();
    (void)once;
    return made;
}

TlsClientSettings trusting() {
    TlsClientSettings settings;
    settings.ca_file = certificates().ca();
    return settings;
}

struct TlsFixture : NetFixture {
    void serve_tls(std::string const& name, HttpServer::Settings settings = {}) {
        settings.tls.certificate_file = certificates().certificate(name);
        settings.tls.key_file = certificates().key(name);
        auto handler = [](ServerRequest request) -> awaitable<ServerResponse> {
            std::string body = request.path == "/large" ? std::string(3'000'000, 'x') : "secret";
            co_return ServerResponse(200, "text/plain", std::move(body));
        };
        auto repeat = [](WebSocketSession& session) -> awaitable<void> {
            auto message = co_await session.read();
            if (message) (void)session.send(*message);
            (void)co_await session.read();
        };
        settings.websocket_paths = {"/ws"};
        serve(std::move(settings), handler, repeat);
    }
    ClientRequest get_from(
        std::string const& host, TlsClientSettings const& settings, std::string const& path = "/"
    ) {
        ClientRequest request = get("https://" + host + ":" + std::to_string(server->port()) + path);
        request.tls = *tls.client(settings);
        return request;
    }
};

}  // namespace

TEST_CASE("TLS is used only with the host the certificate names", "[net][tls]") {
    TlsFixture net;
    bool const by_name = GENERATE(true, false);
    net.serve_tls(by_name ? "localhost" : "address");
    auto test = [&]() -> awaitable<void> {
        std::string const right = by_name ? "localhost" : "127.0.0.1";
        std::string const wrong = by_name ? "127.0.0.1" : "localhost";
        for (int i = 0; i < 2; ++i) {
            auto response = co_await net.send(net.get_from(right, trusting()));
            REQUIRE(response.has_value());
            CHECK(response->body == "secret");
        }
        CHECK(net.metrics.counter("tributary_http_client_reused_total", "").value() == 1);
        auto large = co_await net.send(net.get_from(right, trusting(), "/large"));
        REQUIRE_FALSE(large.has_value());
        CHECK(large.error().errc() == Errc::too_large);
        ClientRequest roomy = net.get_from(right, trusting(), "/large");
        roomy.body_limit = 4'000'000;
        auto whole = co_await net.send(std::move(roomy));
        REQUIRE(whole.has_value());
        CHECK(whole->body.size() == 3'000'000);
        auto elsewhere = co_await net.send(net.get_from(wrong, trusting()));
        REQUIRE_FALSE(elsewhere.has_value());
        CHECK(elsewhere.error().errc() == Errc::tls);
        CHECK_THAT(elsewhere.error().detail(), ContainsSubstring("not one of " + wrong));
        auto untrusted = co_await net.send(net.get_from(right, TlsClientSettings()));
        REQUIRE_FALSE(untrusted.has_value());
        CHECK(untrusted.error().errc() == Errc::tls);
    };
    net.run(test());
}

TEST_CASE("a server that asks for certificates serves nobody without", "[net][tls]") {
    TlsFixture net;
    HttpServer::Settings settings;
    settings.tls.client_ca_file = certificates().ca();
    net.serve_tls("localhost", settings);
    auto test = [&]() -> awaitable<void> {
        auto without = co_await net.send(net.get_from("localhost", trusting()));
        REQUIRE_FALSE(without.has_value());
        CHECK(without.error().errc() == Errc::tls);
        TlsClientSettings app = trusting();
        app.certificate_file = certificates().certificate("app");
        app.key_file = certificates().key("app");
        auto with = co_await net.send(net.get_from("localhost", app));
        REQUIRE(with.has_value());
        CHECK(with->body == "secret");
    };
    net.run(test());
}

TEST_CASE("a WebSocket runs over TLS", "[net][tls][websocket]") {
    TlsFixture net;
    net.serve_tls("localhost");
    auto test = [&]() -> awaitable<void> {
        auto const url = *parse_url("wss://localhost:" + std::to_string(net.server->port()) + "/ws");
        WebSocketClient socket(net.ctx.get_executor(), net.clock, *net.tls.client(trusting()));
        auto connected = co_await socket.connect(net.in(5s), url);
        REQUIRE(connected.has_value());
        auto sent = co_await socket.send(net.in(5s), std::string(4000, 'x'));
        REQUIRE(sent.has_value());
        auto answer = co_await socket.read(net.in(5s));
        REQUIRE(answer.has_value());
        CHECK(answer->size() == 4000);
        co_await socket.close();
        WebSocketClient stranger(net.ctx.get_executor(), net.clock, nullptr);
        auto refused = co_await stranger.connect(net.in(5s), url);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().errc() == Errc::tls);
    };
    net.run(test());
}

TEST_CASE("a handshake that never ends does not hold a connection", "[net][tls]") {
    TlsFixture net;
    HttpServer::Settings settings;
    settings.request_time = 150ms;
    net.serve_tls("localhost", settings);
    auto test = [&]() -> awaitable<void> {
        RawClient silent(net.ctx.get_executor());
        (void)co_await silent.connect(net.server->port());
        auto const begin = net.clock.now();
        auto const nothing = co_await silent.read_all();
        CHECK(nothing.empty());
        CHECK(net.clock.now() - begin < 2s);
        net.fake.stall();
        ClientRequest request = net.get("https://127.0.0.1:" + std::to_string(net.fake.port()));
        request.connect_timeout = 100ms;
        auto response = co_await net.send(std::move(request));
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::tls);
    };
    net.run(test());
}

TEST_CASE("a body without length that ends without TLS's closing words was cut short", "[net][tls]") {
    TlsFixture net;
    bool const closed_properly = GENERATE(true, false);
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    context.use_certificate_chain_file(certificates().certificate("localhost"));
    context.use_private_key_file(certificates().key("localhost"), boost::asio::ssl::context::pem);
    using tcp = boost::asio::ip::tcp;
    tcp::acceptor acceptor(net.ctx, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    auto server = [&]() -> awaitable<void> {
        auto socket = co_await acceptor.async_accept(use_awaitable);
        boost::asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
        co_await stream.async_handshake(boost::asio::ssl::stream_base::server, use_awaitable);
        std::string request(1000, '\0');
        (void)co_await stream.async_read_some(boost::asio::buffer(request), use_awaitable);
        std::string const answer = "HTTP/1.1 200 OK\r\n\r\nhalf of";
        (void)co_await boost::asio::async_write(stream, boost::asio::buffer(answer), use_awaitable);
        constexpr auto tuple = boost::asio::as_tuple(use_awaitable);
        if (closed_properly) (void)co_await stream.async_shutdown(tuple);
    };
    Root serving(net.ctx);
    serving.start(server());
    auto test = [&]() -> awaitable<void> {
        ClientRequest request =
            net.get("https://localhost:" + std::to_string(acceptor.local_endpoint().port()));
        request.tls = *net.tls.client(trusting());
        auto response = co_await net.send(std::move(request));
        REQUIRE(response.has_value() == closed_properly);
        if (closed_properly) CHECK(response->body == "half of");
        if (!closed_properly) CHECK(response.error().errc() == Errc::protocol);
    };
    net.run(test());
}

TEST_CASE("a redirect never leaves TLS", "[net][tls][redirect]") {
    TlsFixture net;
    net.fake.reply(FakeServer::ok("plain"));
    HttpServer::Settings settings;
    settings.tls.certificate_file = certificates().certificate("localhost");
    settings.tls.key_file = certificates().key("localhost");
    auto handler = [&](ServerRequest) -> awaitable<ServerResponse> {
        ServerResponse response(302, "text/plain", "");
        response.headers.add("Location", net.fake.url("/doc"));
        co_return response;
    };
    net.serve(settings, handler);
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = net.get_from("localhost", trusting());
        request.follow_redirects = true;
        request.redirect_origins = {parse_url(net.fake.url())->origin()};
        auto response = co_await net.send(std::move(request));
        REQUIRE_FALSE(response.has_value());
        CHECK(response.error().errc() == Errc::refused_address);
        CHECK(net.fake.connections() == 0);
    };
    net.run(test());
}

TEST_CASE("settings that cannot work are told with the file", "[net][tls]") {
    TlsContexts contexts;
    TlsClientSettings missing;
    missing.ca_file = "/no/such/ca.pem";
    auto const client = contexts.client(missing);
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().errc() == Errc::tls);
    CHECK_THAT(client.error().detail(), ContainsSubstring("/no/such/ca.pem"));
    TlsServerSettings mixed;
    mixed.certificate_file = certificates().certificate("localhost");
    mixed.key_file = certificates().key("address");
    auto const server = TlsContexts::server(mixed);
    REQUIRE_FALSE(server.has_value());
    CHECK_THAT(server.error().detail(), ContainsSubstring("address.key"));
    CHECK(*contexts.client(trusting()) == *contexts.client(trusting()));
}

}  // namespace tributary::net
