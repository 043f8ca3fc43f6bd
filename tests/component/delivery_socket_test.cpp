#include "orchestrator/net/http_server.hpp"
#include "orchestrator/net/websocket_client.hpp"
#include "tests/component/delivery_fixture.hpp"

namespace tributary::delivery {

using Catch::Matchers::ContainsSubstring;

namespace {

/// Deliveries behind a real server, as apps reach them.
struct SocketFixture : DeliveryFixture {
    SocketFixture() {
        net::HttpServer::Settings wanted;
        wanted.websocket_paths = {"/fhir/ws"};
        auto refuse = [](net::ServerRequest) -> awaitable<net::ServerResponse> {
            co_return net::ServerResponse(404, "text/plain", "");
        };
        auto serve = [this](net::WebSocketSession& session) { return deliveries->serve(session); };
        auto page = [](Failure const&) { return net::ServerResponse(400, "text/plain", ""); };
        server = std::make_unique<net::HttpServer>(
            ctx.get_executor(), clock, wanted, refuse, serve, page, Logger(), metrics
        );
        auto const listening = server->listen();
        REQUIRE(listening.has_value());
        server->start();
    }
    ~SocketFixture() { run(server->drain(soon())); }
    SocketFixture(SocketFixture const&) = delete;
    SocketFixture& operator=(SocketFixture const&) = delete;

    async::Deadline soon() const { return async::Deadline::after(clock, 10s); }
    /// Connects, says `command`, and reads `frames`.
    awaitable<void> talk(std::string command, std::size_t frames) {
        auto const url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/fhir/ws";
        cache::good(co_await app.connect(soon(), *net::parse_url(url)));
        cache::good(co_await app.send(soon(), std::move(command)));
        co_await listen(frames);
    }
    awaitable<void> listen(std::size_t frames) {
        for (std::size_t i = 0; i < frames; ++i) {
            auto text = co_await app.read(soon());
            heard.push_back(text ? *text : text.error().detail());
        }
    }

    std::unique_ptr<net::HttpServer> server;
    net::WebSocketClient app{ctx.get_executor(), clock, nullptr};
    std::vector<std::string> heard;
};

}  // namespace

TEST_CASE(
    "an app on a WebSocket hears of what waited and of what comes, and it counts as delivered",
    "[delivery][websocket]"
) {
    SocketFixture fixture;
    fixture.create("s1", SubscriptionText{.channel = "websocket"}, Status::requested);
    fixture.deliveries->wake({"s1"});
    fixture.until_status("s1", Status::active);
    fixture.admit({"a", "b"});
    fixture.deliveries->wake({"s1"});
    fixture.run(fixture.talk("bind s1", 2));
    fixture.admit({"c"});
    fixture.deliveries->wake({"s1"});
    fixture.run(fixture.listen(1));
    CHECK(fixture.heard == std::vector<std::string>{"bound s1", "ping s1", "ping s1"});
    fixture.until_delivered("s1", 3);
}

TEST_CASE("an app with a token hears a handshake and the Bundles that it missed", "[delivery][websocket]") {
    SocketFixture fixture;
    fixture.create("s1", SubscriptionText{.channel = "websocket", .content = "id-only"}, Status::active);
    fixture.admit({"a", "b"});
    fixture.run(fixture.talk("bind-with-token " + fixture.deliveries->make_binding_token({"s1"}).token, 3));
    CHECK_THAT(fixture.heard[0], ContainsSubstring(R"("valueCode":"handshake")"));
    CHECK_THAT(fixture.heard[1], ContainsSubstring("DocumentReference/p1-a"));
    CHECK_THAT(fixture.heard[2], ContainsSubstring("DocumentReference/p1-b"));
    fixture.until_delivered("s1", 2);
}

TEST_CASE("a socket whose Subscription is stopped is closed", "[delivery][websocket]") {
    SocketFixture fixture;
    fixture.create("s1", SubscriptionText{.channel = "websocket"}, Status::active);
    fixture.run(fixture.talk("bind s1", 1));
    fixture.deliveries->stop_subscription("s1");
    fixture.run(fixture.listen(1));
    CHECK_THAT(fixture.heard[1], ContainsSubstring("1000"));
}

}  // namespace tributary::delivery
