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

}  // namespace tributary::delivery
