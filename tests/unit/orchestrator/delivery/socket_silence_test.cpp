#include "tests/unit/orchestrator/delivery/fake_session.hpp"
#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

subscriptions::Rules with_notices() {
    subscriptions::Rules rules;
    rules.deactivation_notice = true;
    return rules;
}

struct Sockets : VirtualDelivery {
    Sockets() : VirtualDelivery(with_notices()) {
        topic.channel = "websocket";
        topic.heartbeat = 60;
    }
    ~Sockets() {
        for (auto& session : sessions) session->leave();
        pass(1s);
    }
    Sockets(Sockets const&) = delete;
    Sockets& operator=(Sockets const&) = delete;

    /// A new socket, bound to these.
    FakeSession& bind(std::vector<std::string> ids) {
        sessions.push_back(std::make_unique<FakeSession>());
        auto& session = *sessions.back();
        REQUIRE(served.spawn("session", deliveries->serve(session)));
        session.say("bind-with-token " + deliveries->make_binding_token(std::move(ids)).token);
        pass(0ms);
        return session;
    }
    static Texts heard(FakeSession const& session) {
        Texts all;
        for (auto const& frame : session.frames) all.push_back(summary(frame));
        return all;
    }
    void turn_off(std::string const& id) {
        change(id, Status::off);
        deliveries->deactivate(id);
        wake(id);
    }

    std::vector<std::unique_ptr<FakeSession>> sessions;
    async::TaskGroup served{ctx.get_executor(), [](std::string_view, std::exception_ptr) {}};
};

}  // namespace

TEST_CASE(
    "each silent socket has a heartbeat of its own Subscription, after its handshake",
    "[delivery][websocket][B18]"
) {
    Sockets fixture;
    fixture.settings.binding_token_life = 24h;
    fixture.restart();
    fixture.subscribe("s1", "unused");
    fixture.pass(10min);
    auto& first = fixture.bind({"s1"});
    CHECK(Sockets::heard(first) == Texts{"handshake 0"});
    fixture.pass(30s);
    auto& second = fixture.bind({"s1"});
    fixture.pass(31s);
    CHECK(Sockets::heard(first) == Texts{"handshake 0", "heartbeat 0"});
    fixture.happen({"a"});
    fixture.pass(50s);
    CHECK(Sockets::heard(first) == Texts{"handshake 0", "heartbeat 0", "event-notification 1"});
    fixture.pass(11s);
    CHECK(Sockets::heard(first).back() == "heartbeat 1");
    CHECK(Sockets::heard(second).back() == "heartbeat 1");
}

TEST_CASE("a socket is told that its Subscription is off, and then unbound", "[delivery][websocket][E5]") {
    Sockets fixture;
    fixture.subscribe("s1", "unused");
    fixture.subscribe("s2", "unused");
    auto& both = fixture.bind({"s1", "s2"});
    auto& one = fixture.bind({"s1"});
    fixture.happen({"a"});
    fixture.turn_off("s1");
    CHECK(Sockets::heard(one) == Texts{"handshake 0", "event-notification 1", "event-notification 1 off"});
    CHECK(one.closed.starts_with("1000"));
    CHECK(Sockets::heard(both).back() == "event-notification 1 off");
    CHECK(both.closed.empty());
    fixture.pass(10min);
    CHECK(one.frames.size() == 3);
}

TEST_CASE(
    "a bound socket is shaken hands with anew when its Subscription changes, and goes on",
    "[delivery][websocket][B17][T11]"
) {
    Sockets fixture;
    fixture.topic.heartbeat = 0;
    fixture.subscribe("s1", "unused");
    fixture.subscribe("s2", "unused");
    auto& both = fixture.bind({"s1", "s2"});
    auto& one = fixture.bind({"s1"});
    fixture.happen({"a"});
    fixture.topic.content = "empty";
    fixture.topic.heartbeat = 60;
    fixture.replace("s1");
    CHECK(Sockets::heard(one) == Texts{"handshake 0", "event-notification 1", "handshake 1"});
    CHECK(both.frames.size() == 5);
    fixture.happen({"b"});
    CHECK(Sockets::heard(one).back() == "event-notification 2");
    CHECK(one.frames[1].find("focus") != std::string::npos);
    CHECK(one.frames.back().find("focus") == std::string::npos);
    CHECK(both.frames.size() == 7);
    fixture.pass(61s);
    CHECK(Sockets::heard(one).back() == "heartbeat 2");
    CHECK(fixture.record("s1").delivered == 2);
    CHECK(one.closed.empty());
}

TEST_CASE("a classic socket goes on when its Subscription changes", "[delivery][websocket][B17]") {
    Sockets fixture;
    fixture.topic.content = "";
    fixture.topic.heartbeat = 0;
    fixture.subscribe("s1", "unused");
    auto& app = fixture.bind({"s1"});
    fixture.topic.payload = "application/fhir+json";
    fixture.replace("s1");
    fixture.happen({"a"});
    CHECK(app.frames == Texts{"bound s1", "ping s1"});
}

TEST_CASE(
    "a socket is unbound when its Subscription is for it no more, or of another kind",
    "[delivery][websocket][B17]"
) {
    for (bool const hook : {true, false}) {
        Sockets fixture;
        fixture.topic.heartbeat = 0;
        fixture.subscribe("s1", "endpoint");
        auto& app = fixture.bind({"s1"});
        if (hook)
            fixture.topic.channel = "rest-hook";
        else
            fixture.topic.content = "";
        fixture.replace("s1");
        CHECK(app.closed.starts_with("1000"));
        fixture.happen({"a"});
        CHECK(app.frames.size() == 1);
    }
}

}  // namespace tributary::delivery
