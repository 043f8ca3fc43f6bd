#include "orchestrator/delivery/socket_hub.hpp"

#include <boost/asio/io_context.hpp>

#include "tests/support/async.hpp"
#include "tests/unit/orchestrator/delivery/delivery_data.hpp"
#include "tests/unit/orchestrator/delivery/fake_session.hpp"

namespace tributary::delivery {

using namespace std::chrono_literals;
using subscriptions::Status;

namespace {

struct HubFixture : DeliveryData {
    HubFixture() {
        clock.wait_while([this] { return storage->in_flight() > 0; });
        settings.base = rules.base;
    }
    ~HubFixture() {
        for (auto& session : sessions) session->leave();
        hub.cancel();
        clock.advance(ctx, 1s);
        ctx.restart();
        REQUIRE(served.empty());
    }
    HubFixture(HubFixture const&) = delete;
    HubFixture& operator=(HubFixture const&) = delete;

    FakeSession& connect() {
        sessions.push_back(std::make_unique<FakeSession>());
        REQUIRE(served.spawn("session", hub.serve(*sessions.back())));
        settle();
        return *sessions.back();
    }
    void settle(async::Clock::Duration time = 0ms) {
        ctx.restart();
        clock.advance(ctx, time);
    }
    void say(FakeSession& session, std::string text) {
        session.say(std::move(text));
        settle();
    }
    /// New documents, as the pipeline would tell of them.
    void happen(std::vector<std::string> const& documents) {
        admit(documents);
        for (auto const& id : subscriptions) hub.feed(id);
        settle();
    }
    void subscribe(std::string const& id, SubscriptionText const& text, Status status = Status::active) {
        create(id, text, status);
        subscriptions.push_back(id);
    }
    std::string token(std::vector<std::string> ids) { return tokens.make(std::move(ids)).token; }
    std::int64_t recorded(std::string const& id) { return record(id).delivered; }

    async::ManualClock clock{std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 56))};
    Settings settings;
    BindingTokens tokens{clock, 30min};
    DeliveryMetrics numbers{metrics};
    std::vector<std::string> subscriptions;
    std::vector<std::unique_ptr<FakeSession>> sessions;
    Heartbeats heartbeats{ctx.get_executor(), clock, {}, Logger()};
    SocketHub hub{
        ctx.get_executor(), clock, *storage, tokens, heartbeats, rules, settings, Logger(), numbers
    };
    async::TaskGroup served{ctx.get_executor(), [](std::string_view, std::exception_ptr) {}};
};

SubscriptionText const kClassicSocket{.channel = "websocket"};
SubscriptionText const kTopicSocket{.channel = "websocket", .content = "id-only"};

std::string summary(std::string const& frame) {
    auto const bundle = fhir::json::read(frame);
    if (!bundle) return frame;
    std::string type, count;
    for (auto const& parameter : bundle->items("entry")[0].at("resource")->items("parameter")) {
        if (parameter.text("name") == "type") type = parameter.text("valueCode");
        if (parameter.text("name") == "events-since-subscription-start")
            count = parameter.text("valueString");
    }
    return type + " " + count;
}
std::vector<std::string> summaries(FakeSession const& session) {
    std::vector<std::string> all;
    for (auto const& frame : session.frames) all.push_back(summary(frame));
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "a classic bind is confirmed, then told once of what waits, then once for each document",
    "[delivery][websocket][A7]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kClassicSocket);
    fixture.happen({"a", "b"});
    auto& app = fixture.connect();
    fixture.say(app, "bind s1");
    CHECK(app.frames == Texts{"bound s1", "ping s1"});
    fixture.happen({"c", "d"});
    CHECK(app.frames == Texts{"bound s1", "ping s1", "ping s1", "ping s1"});
    CHECK(fixture.recorded("s1") == 4);
}

TEST_CASE(
    "a bind without anything undelivered is only confirmed, and may be repeated", "[delivery][websocket][A7]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kClassicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind Subscription/s1");
    fixture.say(app, "bind s1");
    CHECK(app.frames == Texts{"bound s1", "bound s1"});
    fixture.happen({"a"});
    CHECK(app.frames.size() == 3);
}

TEST_CASE("every refused bind is told the same", "[delivery][websocket][A7][D3]") {
    HubFixture fixture;
    fixture.subscribe("hook", SubscriptionText{});
    fixture.subscribe("topic", kTopicSocket);
    fixture.subscribe("requested", kClassicSocket, Status::requested);
    fixture.subscribe("off", kClassicSocket, Status::off);
    for (auto const* command :
         {"bind nobody", "bind hook", "bind topic", "bind requested", "bind off", "bind", "bind a b"}) {
        auto& app = fixture.connect();
        fixture.say(app, command);
        INFO(command);
        CHECK(app.closed == "1002 Invalid bind request");
        CHECK(app.frames.empty());
    }
}

TEST_CASE(
    "a socket that binds nothing is closed after 30 seconds, whatever it says", "[delivery][websocket][E5]"
) {
    HubFixture fixture;
    auto& app = fixture.connect();
    fixture.say(app, "hello");
    fixture.settle(29s);
    CHECK(app.open());
    fixture.settle(1s);
    CHECK(app.closed == "1008 Nothing is bound");
    CHECK(app.frames.empty());
}

TEST_CASE("each socket ends in its own time, whichever was there first", "[delivery][websocket][E5]") {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& early = fixture.connect();
    fixture.settle(10s);
    auto& late = fixture.connect();
    fixture.settle(10s);
    fixture.say(early, "bind-with-token " + fixture.token({"s1"}));
    fixture.settle(19s);
    CHECK(late.open());
    fixture.settle(1s);
    CHECK(late.closed == "1008 Nothing is bound");
    CHECK(early.open());
    fixture.settle(30min);
    CHECK(early.open());
    fixture.settle(10s);
    CHECK(early.closed == "1008 Nothing is bound");
}

TEST_CASE("a bound socket stays open", "[delivery][websocket]") {
    HubFixture fixture;
    fixture.subscribe("s1", kClassicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind s1");
    fixture.settle(10min);
    CHECK(app.open());
}

TEST_CASE(
    "a token is answered with a handshake, then the backlog in order, then live", "[delivery][websocket][B17]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    fixture.happen({"a", "b"});
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.happen({"c"});
    CHECK(
        summaries(app) ==
        Texts{"handshake 2", "event-notification 1", "event-notification 2", "event-notification 3"}
    );
    CHECK(fixture.recorded("s1") == 3);
}

TEST_CASE("a socket is told nothing once the Subscription has ended", "[delivery][websocket][C4]") {
    HubFixture fixture;
    auto topic = kTopicSocket;
    auto classic = kClassicSocket;
    topic.end = classic.end = "2025-12-18T00:10:00Z";  // ten minutes after the clock's beginning
    fixture.subscribe("s1", topic);
    fixture.subscribe("s2", classic);
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.say(app, "bind s2");
    fixture.settle(9min);
    fixture.happen({"a"});
    CHECK(summaries(app) == Texts{"handshake 0", "bound s2", "event-notification 1", "ping s2"});
    fixture.settle(1min);
    fixture.happen({"b"});
    CHECK(app.frames.size() == 4);
    CHECK(fixture.recorded("s1") == 1);
}

TEST_CASE(
    "one token binds several Subscriptions, each after its own handshake", "[delivery][websocket][B17]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    fixture.subscribe("s2", kClassicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token: " + fixture.token({"s1", "s2", "gone"}));
    CHECK(summaries(app) == Texts{"handshake 0", "bound s2"});
    fixture.happen({"a"});
    CHECK(app.frames.size() == 4);
}

TEST_CASE(
    "a token that was used or never given closes a socket without binding, and is ignored on another",
    "[delivery][websocket][B17]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& app = fixture.connect();
    auto const token = fixture.token({"s1"});
    fixture.say(app, "bind-with-token " + token);
    fixture.say(app, "bind-with-token " + token);
    CHECK(app.open());
    CHECK(app.frames.size() == 1);
    for (auto const& again : {token, std::string("made-up")}) {
        auto& other = fixture.connect();
        fixture.say(other, "bind-with-token " + again);
        CHECK(other.closed == "1008 Invalid token");
    }
}

TEST_CASE("a renewed binding goes on without repeats", "[delivery][websocket][B17]") {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.happen({"a"});
    fixture.settle(20min);
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.settle(20min);
    fixture.happen({"b"});
    CHECK(
        summaries(app) == Texts{"handshake 0", "event-notification 1", "handshake 1", "event-notification 2"}
    );
}

TEST_CASE(
    "a binding ends with its token, and the next one gets what came meanwhile", "[delivery][websocket][B15]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.settle(30min);
    fixture.happen({"a"});
    CHECK(summaries(app) == Texts{"handshake 0"});
    CHECK(app.open());
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    CHECK(summaries(app) == Texts{"handshake 0", "handshake 1", "event-notification 1"});
}

TEST_CASE("every socket of a Subscription gets every Event", "[delivery][websocket][B17]") {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& one = fixture.connect();
    auto& two = fixture.connect();
    fixture.say(one, "bind-with-token " + fixture.token({"s1"}));
    fixture.say(two, "bind-with-token " + fixture.token({"s1"}));
    fixture.happen({"a", "b"});
    CHECK(one.frames.size() == 3);
    CHECK(one.frames[1] == two.frames[1]);
    CHECK(two.frames.size() == 3);
}

TEST_CASE("what a full socket did not take is replayed at the next bind", "[delivery][websocket][D3]") {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.happen({"a"});
    app.full = true;
    fixture.happen({"b"});
    CHECK_FALSE(app.open());
    CHECK(fixture.recorded("s1") == 1);
    auto& again = fixture.connect();
    fixture.say(again, "bind-with-token " + fixture.token({"s1"}));
    CHECK(summaries(again) == Texts{"handshake 2", "event-notification 2"});
}

TEST_CASE("a frame that was queued and never written is not delivered", "[delivery][websocket]") {
    HubFixture fixture;
    fixture.subscribe("s1", kTopicSocket);
    auto& app = fixture.connect();
    app.stalled = true;
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    fixture.happen({"a"});
    CHECK(app.frames.size() == 2);
    CHECK(fixture.recorded("s1") == 0);
    app.unwritten.back()();
    fixture.settle();
    CHECK(fixture.recorded("s1") == 1);
}

TEST_CASE(
    "a reader that takes nothing is sent no more than a window, and closed after a while",
    "[delivery][websocket][D3]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", SubscriptionText{.channel = "websocket", .content = "full-resource"});
    auto& app = fixture.connect();
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    app.stalled = true;
    std::vector<std::string> documents;
    for (int i = 0; i < 400; ++i) documents.push_back("d" + std::to_string(i));
    fixture.happen(documents);
    auto const sent = app.frames.size();
    CHECK(sent < 350);
    CHECK(app.open());
    fixture.settle(10s);
    CHECK(app.frames.size() == sent);
    CHECK(app.closed == "1013 Reading too slowly");
    app.unwritten.clear();
}

TEST_CASE(
    "a backlog or a page larger than a small buffer goes out as it is read", "[delivery][websocket][D3]"
) {
    HubFixture fixture;
    fixture.settings.websocket_send_buffer = 16 * 1024;
    fixture.subscribe("s1", SubscriptionText{.channel = "websocket", .content = "full-resource"});
    std::vector<std::string> documents;
    for (int i = 0; i < 40; ++i) documents.push_back("d" + std::to_string(i));
    auto& app = fixture.connect();
    app.buffer = fixture.settings.websocket_send_buffer;
    app.stalled = true;
    SECTION("what waited for the bind") {
        fixture.happen(documents);
        fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    }
    SECTION("what comes while it is bound") {
        fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
        auto const admitted = fixture.admit(documents);
        REQUIRE(admitted.fresh.size() == 1);
        fixture.hub.feed(admitted.fresh.front());
        fixture.settle();
    }
    CHECK(app.unwritten.size() < 10);
    while (app.open() && !app.unwritten.empty()) {
        app.take();
        fixture.settle();
    }
    CHECK(app.open());
    CHECK(app.frames.size() == 41);
    CHECK(fixture.recorded("s1") == 40);
}

TEST_CASE("a frame longer than the buffer is sent when nothing else is unsent", "[delivery][websocket][D3]") {
    HubFixture fixture;
    fixture.settings.websocket_send_buffer = 512;
    fixture.subscribe("s1", SubscriptionText{.channel = "websocket", .content = "full-resource"});
    fixture.happen({"a", "b"});
    auto& app = fixture.connect();
    app.buffer = fixture.settings.websocket_send_buffer;
    app.stalled = true;
    fixture.say(app, "bind-with-token " + fixture.token({"s1"}));
    for (std::size_t taken = 1; taken <= 3; ++taken) {
        REQUIRE(app.unwritten.size() == 1);
        app.take();
        fixture.settle();
    }
    CHECK(app.open());
    CHECK(app.frames.size() == 3);
    CHECK(fixture.recorded("s1") == 2);
}

TEST_CASE(
    "a Subscription that ends is unbound, and the socket closed when nothing else is bound",
    "[delivery][websocket][A7]"
) {
    HubFixture fixture;
    fixture.subscribe("s1", kClassicSocket);
    fixture.subscribe("s2", kClassicSocket);
    auto& app = fixture.connect();
    fixture.say(app, "bind s1");
    fixture.say(app, "bind s2");
    fixture.hub.unbind("s1");
    fixture.happen({"a"});
    CHECK(app.frames == Texts{"bound s1", "bound s2", "ping s2"});
    fixture.hub.unbind("s2");
    CHECK(app.closed.starts_with("1000 "));
}

}  // namespace tributary::delivery
