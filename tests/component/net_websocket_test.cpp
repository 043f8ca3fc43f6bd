#include "tests/component/net_fixture.hpp"
#include "tests/support/raw_client.hpp"

namespace tributary::net {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kContinuation = 0;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

/// A client's frame, masked with zeros.
std::string frame(int opcode, std::string_view payload, bool last = true) {
    std::string bytes;
    bytes += static_cast<char>((last ? 0x80 : 0) | opcode);
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80U | payload.size());
    } else {
        bytes += static_cast<char>(0x80U | 126U);
        bytes += static_cast<char>(payload.size() >> 8U);
        bytes += static_cast<char>(payload.size() & 0xffU);
    }
    return bytes + std::string(4, '\0') + std::string(payload);
}

struct Frame {
    int opcode = -1;  ///< -1: the connection ended
    std::string payload;
    int close_code() const {
        if (payload.size() < 2) return 0;
        return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    }
};

awaitable<Frame> read_frame(RawClient& client) {
    Frame read;
    auto const head = co_await client.read(2);
    if (head.size() < 2) co_return read;
    read.opcode = head[0] & 0x0f;
    auto length = static_cast<std::size_t>(head[1] & 0x7f);
    if (length >= 126) {
        auto const more = co_await client.read(length == 126 ? 2 : 8);
        length = 0;
        for (char const c : more) length = length << 8U | static_cast<unsigned char>(c);
    }
    read.payload = co_await client.read(length);
    co_return read;
}

awaitable<std::string> upgrade(NetFixture& net, RawClient& client, std::string fields = {}) {
    (void)co_await client.connect(net.server->port());
    std::string request =
        "GET /ws?x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        fields + "\r\n";
    (void)co_await client.write(std::move(request));
    co_return co_await client.read_until("\r\n\r\n");
}

/// Keeps what it reads and why it ended.
struct Listener {
    HttpServer::WebSocketHandler handler() {
        return [this](WebSocketSession& session) -> awaitable<void> {
            for (;;) {
                auto message = co_await session.read();
                if (!message) {
                    ended = message.error().errc();
                    co_return;
                }
                received.push_back(*message);
                (void)session.send("got " + *message);
            }
        };
    }
    std::vector<std::string> received;
    Errc ended = Errc::bug;
};

awaitable<ServerResponse> not_found(ServerRequest) { co_return ServerResponse(404, "text/plain", ""); }

HttpServer::Settings with_websocket() {
    HttpServer::Settings settings;
    settings.websocket_paths = {"/ws"};
    settings.websocket_message = 1000;
    return settings;
}

}  // namespace

TEST_CASE("a WebSocket carries messages both ways", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        WebSocketClient socket(net.ctx.get_executor(), net.clock, nullptr);
        auto const url = parse_url("ws://127.0.0.1:" + std::to_string(net.server->port()) + "/ws");
        auto connected = co_await socket.connect(net.in(5s), *url);
        REQUIRE(connected.has_value());
        WebSocketClient with_slash(net.ctx.get_executor(), net.clock, nullptr);
        auto const same = parse_url("ws://127.0.0.1:" + std::to_string(net.server->port()) + "/ws/");
        auto connected_too = co_await with_slash.connect(net.in(5s), *same);
        CHECK(connected_too.has_value());
        for (int i = 0; i < 3; ++i) {
            auto sent = co_await socket.send(net.in(5s), "bind " + std::to_string(i));
            REQUIRE(sent.has_value());
            auto answer = co_await socket.read(net.in(5s));
            REQUIRE(answer.has_value());
            CHECK(*answer == "got bind " + std::to_string(i));
        }
        auto late = co_await socket.read(net.in(50ms));
        REQUIRE_FALSE(late.has_value());
        CHECK(late.error().errc() == Errc::timeout);
        WebSocketClient elsewhere(net.ctx.get_executor(), net.clock, nullptr);
        auto const other = parse_url("ws://127.0.0.1:" + std::to_string(net.server->port()) + "/other");
        auto refused = co_await elsewhere.connect(net.in(5s), *other);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().errc() == Errc::http_status);
        CHECK(refused.error().http_status() == 404);
    };
    net.run(test());
    CHECK(listener.ended == Errc::closed);
}

TEST_CASE("a server that has vanished is noticed", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        WebSocketClient socket(net.ctx.get_executor(), net.clock, nullptr, 100ms);
        auto const url = parse_url("ws://127.0.0.1:" + std::to_string(net.server->port()) + "/ws");
        auto connected = co_await socket.connect(net.in(5s), *url);
        REQUIRE(connected.has_value());
        auto nothing = co_await socket.read(async::Deadline::never());
        REQUIRE_FALSE(nothing.has_value());
        CHECK(nothing.error().errc() == Errc::timeout);
    };
    net.run(test());
}

TEST_CASE("a message comes whole, however long it is and however it is cut", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    std::string const text = std::string(500, 'a') + std::string(499, 'b') + 'c';
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        auto const pieces = frame(kText, text) + frame(kText, text.substr(0, 700), false) +
                            frame(kContinuation, text.substr(700)) + frame(kText, "short");
        (void)co_await client.write(pieces);
        for (int i = 0; i < 3; ++i) (void)co_await read_frame(client);
        auto const goodbye = frame(kClose, std::string_view("\x03\xe8", 2));
        (void)co_await client.write(goodbye);
        (void)co_await read_frame(client);
    };
    net.run(test());
    CHECK(listener.received == std::vector<std::string>{text, text, "short"});
}

TEST_CASE("fragments are put together, pings are answered, a close is echoed", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        auto const accepted = co_await upgrade(net, client);
        CHECK_THAT(accepted, StartsWith("HTTP/1.1 101 "));
        CHECK_THAT(accepted, ContainsSubstring("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        auto const pieces = frame(kText, "bi", false) + frame(kPing, "?") + frame(kContinuation, "n", false) +
                            frame(kContinuation, "d");
        (void)co_await client.write(pieces);
        auto const pong = co_await read_frame(client);
        CHECK(pong.opcode == kPong);
        CHECK(pong.payload == "?");
        auto const answer = co_await read_frame(client);
        CHECK(answer.opcode == kText);
        CHECK(answer.payload == "got bind");
        auto const goodbye = frame(kClose, std::string_view("\x03\xe8", 2));
        (void)co_await client.write(goodbye);
        auto const closed = co_await read_frame(client);
        CHECK(closed.opcode == kClose);
        CHECK(closed.close_code() == 1000);
        auto const rest = co_await client.read_all();
        CHECK(rest.empty());
    };
    net.run(test());
    CHECK(listener.received == std::vector<std::string>{"bind"});
    CHECK(listener.ended == Errc::closed);
}

TEST_CASE(
    "a message that cannot be taken closes the session with the code that says why", "[net][websocket]"
) {
    NetFixture net;
    Listener listener;
    struct Row {
        std::string bytes;
        int code;
        Errc told;
    };
    auto const row = GENERATE(
        Row{frame(kText, std::string(1001, 'x')), 1009, Errc::too_large},
        Row{frame(kText, std::string(600, 'x'), false) + frame(kContinuation, std::string(600, 'x')),
            1009,
            Errc::too_large},
        Row{frame(kBinary, "x"), 1003, Errc::not_supported},
        Row{frame(kText, "\xff\xfe"), 1007, Errc::closed},
        Row{frame(kContinuation, "x"), 1002, Errc::closed}
    );
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        (void)co_await client.write(row.bytes);
        auto const closed = co_await read_frame(client);
        CHECK(closed.opcode == kClose);
        CHECK(closed.close_code() == row.code);
        auto const answer = frame(kClose, closed.payload);
        (void)co_await client.write(answer);
        auto const rest = co_await client.read_all();
        CHECK(rest.empty());
    };
    net.run(test());
    CHECK(listener.received.empty());
    CHECK(listener.ended == row.told);
}

TEST_CASE("a reader that does not read is closed, and others are not held up", "[net][websocket]") {
    NetFixture net;
    HttpServer::Settings settings = with_websocket();
    settings.websocket_send_buffer = 300'000;
    int sent = 0;
    int written = 0;
    bool refused = false;
    auto flood = [&](WebSocketSession& session) -> awaitable<void> {
        std::string const message(100'000, 'm');
        while (!refused && sent < 1000) {
            refused = !session.send(message, [&] { ++written; });
            if (!refused) ++sent;
            co_await net.clock.sleep_for(1ms);
        }
        CHECK_FALSE(session.open());
        CHECK_FALSE(session.send("more"));
        auto const end = co_await session.read();
        CHECK_FALSE(end.has_value());
    };
    net.serve(settings, not_found, flood);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        while (!refused) co_await net.clock.sleep_for(5ms);
        CHECK(written < sent);
        SECTION("one that wakes up learns why") {
            Frame last;
            while (last.opcode != kClose) last = co_await read_frame(client);
            CHECK(last.close_code() == 1013);
        }
        SECTION("one that stays away is gone after two seconds") {
            auto const begin = net.clock.now();
            while (net.metrics.gauge("tributary_websocket_sessions", "", {{"server", "fhir"}}).value() > 0) {
                co_await net.clock.sleep_for(10ms);
            }
            CHECK(net.clock.now() - begin < 4s);
        }
    };
    net.run(test());
    CHECK(sent < 1000);
}

TEST_CASE("a message longer than the buffer leaves room for a short one behind it", "[net][websocket]") {
    NetFixture net;
    HttpServer::Settings settings = with_websocket();
    settings.websocket_send_buffer = 1000;
    auto talk = [&](WebSocketSession& session) -> awaitable<void> {
        CHECK(session.send(std::string(5000, 'm')));
        CHECK(session.send("beat"));
        CHECK_FALSE(session.send(std::string(2000, 'm')));
        co_return;
    };
    net.serve(settings, not_found, talk);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        Frame last;
        while (last.opcode != kClose) last = co_await read_frame(client);
        CHECK(last.close_code() == 1013);
    };
    net.run(test());
}

TEST_CASE("only origins that are accepted open a WebSocket", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    HttpServer::Settings settings = with_websocket();
    settings.accept_origin = [](std::string_view origin) { return origin == "https://app.example"; };
    net.serve(settings, not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        RawClient good(net.ctx.get_executor());
        RawClient bad(net.ctx.get_executor());
        RawClient no_browser(net.ctx.get_executor());
        auto const accepted = co_await upgrade(net, good, "Origin: https://app.example\r\n");
        CHECK_THAT(accepted, StartsWith("HTTP/1.1 101 "));
        auto const refused = co_await upgrade(net, bad, "Origin: https://evil.example\r\n");
        CHECK_THAT(refused, StartsWith("HTTP/1.1 403 "));
        auto const without = co_await upgrade(net, no_browser);
        CHECK_THAT(without, StartsWith("HTTP/1.1 101 "));
    };
    net.run(test());
}

TEST_CASE("an upgrade that is none is refused as any request is", "[net][websocket]") {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await client.connect(net.server->port());
        std::string request =
            "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        (void)co_await client.write(std::move(request));
        auto const refused = co_await client.read_until("\r\n\r\n");
        CHECK_THAT(refused, StartsWith("HTTP/1.1 426 "));
        CHECK_THAT(refused, ContainsSubstring("Sec-WebSocket-Version: 13\r\n"));
        CHECK_THAT(refused, ContainsSubstring("Upgrade: websocket\r\n"));
        CHECK_THAT(refused, ContainsSubstring("Content-Type: "));
        RawClient keyless(net.ctx.get_executor());
        (void)co_await keyless.connect(net.server->port());
        std::string without_key =
            "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n";
        (void)co_await keyless.write(std::move(without_key));
        auto const no_key = co_await keyless.read_until("\r\n\r\n");
        CHECK_THAT(no_key, StartsWith("HTTP/1.1 400 "));
    };
    net.run(test());
}

TEST_CASE("what was queued is sent before a session closes, with a reason that fits", "[net][websocket]") {
    NetFixture net;
    auto farewell = [](WebSocketSession& session) -> awaitable<void> {
        for (int i = 0; i < 100; ++i) (void)session.send("event " + std::to_string(i));
        session.close(4000, std::string(122, 'r') + "\xc3\xa9\xc3\xa9");
        co_return;
    };
    net.serve(with_websocket(), not_found, farewell);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        for (int i = 0; i < 100; ++i) {
            auto const event = co_await read_frame(client);
            CHECK(event.payload == "event " + std::to_string(i));
        }
        auto const closed = co_await read_frame(client);
        CHECK(closed.opcode == kClose);
        CHECK(closed.close_code() == 4000);
        CHECK(closed.payload.substr(2) == std::string(122, 'r'));
    };
    net.run(test());
}

TEST_CASE(
    "draining says goodbye to WebSockets and does not wait for those that do not answer", "[net][websocket]"
) {
    NetFixture net;
    Listener listener;
    net.serve(with_websocket(), not_found, listener.handler());
    auto test = [&]() -> awaitable<void> {
        RawClient polite(net.ctx.get_executor());
        RawClient deaf(net.ctx.get_executor());
        (void)co_await upgrade(net, polite);
        (void)co_await upgrade(net, deaf);
        auto const begin = net.clock.now();
        Root draining(net.ctx);
        draining.start(net.server->drain(net.in(10s)));
        auto const closed = co_await read_frame(polite);
        CHECK(closed.opcode == kClose);
        CHECK(closed.close_code() == 1001);
        auto const answer = frame(kClose, closed.payload);
        (void)co_await polite.write(answer);
        while (!draining.finished()) co_await net.clock.sleep_for(5ms);
        CHECK(draining.succeeded());
        CHECK(net.clock.now() - begin < 4s);
    };
    net.run(test());
}

TEST_CASE("a handler that throws closes its WebSocket with 1011", "[net][websocket]") {
    NetFixture net;
    auto failing = [](WebSocketSession& session) -> awaitable<void> {
        (void)co_await session.read();
        throw std::logic_error("oops");
    };
    net.serve(with_websocket(), not_found, failing);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await upgrade(net, client);
        auto const message = frame(kText, "x");
        (void)co_await client.write(message);
        auto const closed = co_await read_frame(client);
        CHECK(closed.close_code() == 1011);
    };
    net.run(test());
}

}  // namespace tributary::net
