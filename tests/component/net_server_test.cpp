#include "tests/component/net_fixture.hpp"

namespace tributary::net {

namespace {

/// Says what it was asked.
awaitable<ServerResponse> echo(ServerRequest request) {
    ServerResponse response(
        200, "text/plain", request.method + " " + request.path + " [" + request.query + "] " + request.body
    );
    co_return response;
}

}  // namespace

TEST_CASE("requests of one connection reach the handler whole, one after the other", "[net][server]") {
    NetFixture net;
    net.serve({}, echo);
    auto test = [&]() -> awaitable<void> {
        ClientRequest post = net.get(net.url("/fhir/Subscription?a=%20b"));
        post.method = "POST";
        post.body = std::string(200000, 'x');
        for (int i = 0; i < 3; ++i) {
            auto response = co_await net.send(post);
            REQUIRE(response.has_value());
            CHECK(response->status == 200);
            CHECK(response->body == "POST /fhir/Subscription [a=%20b] " + post.body);
        }
        CHECK(net.metrics.counter("tributary_http_client_connections_total", "").value() == 1);
        CHECK(net.metrics.counter("tributary_http_client_reused_total", "").value() == 2);
    };
    net.run(test());
}

TEST_CASE("a WebSocket carries messages both ways", "[net][websocket]") {
    NetFixture net;
    HttpServer::Settings settings;
    settings.websocket_paths = {"/ws"};
    auto repeat = [](WebSocketSession& session) -> awaitable<void> {
        for (;;) {
            auto message = co_await session.read();
            if (!message) co_return;
            if (!session.send("you said " + *message)) co_return;
        }
    };
    net.serve(settings, echo, repeat);
    auto test = [&]() -> awaitable<void> {
        WebSocketClient socket(net.ctx.get_executor(), net.clock, nullptr);
        auto const url = parse_url("ws://127.0.0.1:" + std::to_string(net.server->port()) + "/ws");
        auto connected = co_await socket.connect(net.in(5s), *url);
        REQUIRE(connected.has_value());
        for (int i = 0; i < 3; ++i) {
            auto sent = co_await socket.send(net.in(5s), "bind " + std::to_string(i));
            REQUIRE(sent.has_value());
            auto answer = co_await socket.read(net.in(5s));
            REQUIRE(answer.has_value());
            CHECK(*answer == "you said bind " + std::to_string(i));
        }
        co_await socket.close();
    };
    net.run(test());
}

}  // namespace tributary::net
