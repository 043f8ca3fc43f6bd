#include "tests/unit/orchestrator/delivery/fake_session.hpp"
#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

using fhir::json::Value;

struct DialectSockets : VirtualDelivery {
    DialectSockets() {
        topic = SubscriptionText();
        topic.channel = "websocket";  // classic
        settings.binding_token_life = 60s;
        settings.dialect_unbound = 10s;
        restart();
    }
    ~DialectSockets() {
        for (auto& session : sessions) session->leave();
        pass(1s);
    }
    DialectSockets(DialectSockets const&) = delete;
    DialectSockets& operator=(DialectSockets const&) = delete;

    FakeSession& connect() {
        sessions.push_back(std::make_unique<FakeSession>());
        REQUIRE(served.spawn("session", deliveries->serve(*sessions.back())));
        return *sessions.back();
    }
    void say(FakeSession& session, std::string const& type, std::string const& token = {}) {
        auto frame = fhir::json::object({{"type", type}});
        if (!token.empty()) frame.set("payload", fhir::json::object({{"token", token}}));
        session.say(fhir::json::write(frame));
        pass(0ms);
    }
    std::string token(std::string const& id) { return deliveries->make_binding_token({id}).token; }
    FakeSession& bind(std::string const& id) {
        auto& session = connect();
        say(session, "bind-with-token", token(id));
        return session;
    }
    /// "handshake 0", "event-notification 1 DocumentReference"…
    static Texts heard(FakeSession const& session) {
        Texts all;
        for (auto const& frame : session.frames) {
            auto const bundle = *fhir::json::read(frame);
            if (bundle.items("entry").empty()) {
                all.emplace_back(bundle.text("type"));
                continue;
            }
            auto const& status = *bundle.items("entry")[0].find("resource");
            CHECK(status.text("resourceType") == "SubscriptionStatus");
            auto text = std::string(status.text("type")) + " " +
                        std::string(status.text("eventsSinceSubscriptionStart"));
            for (std::size_t i = 1; i < bundle.items("entry").size(); ++i)
                text += " " + std::string(bundle.items("entry")[i].find("resource")->text("resourceType"));
            all.push_back(text);
        }
        return all;
    }

    std::vector<std::unique_ptr<FakeSession>> sessions;
    async::TaskGroup served{ctx.get_executor(), [](std::string_view, std::exception_ptr) {}};
};

}  // namespace

TEST_CASE(
    "a classic Subscription bound by JSON is told by Bundles with the document", "[delivery][dialect]"
) {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    auto& session = fixture.connect();
    fixture.say(session, "ping");
    fixture.say(session, "bind-with-token", fixture.token("s1"));
    fixture.happen({"a"});
    CHECK(
        DialectSockets::heard(session) ==
        Texts{"pong", "handshake 0", "event-notification 1 DocumentReference"}
    );
    CHECK(fixture.record("s1").delivered == 1);
}

TEST_CASE("unbinding ends what its token bound, and nothing else", "[delivery][dialect]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    fixture.subscribe("s2", "unused");
    auto& session = fixture.connect();
    auto const first = fixture.token("s1");
    fixture.say(session, "unbind-from-token", "old");
    fixture.say(session, "bind-with-token", first);
    fixture.say(session, "bind-with-token", fixture.token("s2"));
    fixture.say(session, "bind-with-token", fixture.token("s1"));  // renewed
    fixture.say(session, "unbind-from-token", first);
    fixture.happen({"a"});
    CHECK(fixture.record("s1").delivered == 1);
    CHECK(fixture.record("s2").delivered == 1);
    CHECK(session.open());
}

TEST_CASE("an old token closes the socket even when others are bound", "[delivery][dialect]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    auto const used = fixture.token("s1");
    auto& session = fixture.connect();
    fixture.say(session, "bind-with-token", used);
    fixture.say(session, "bind-with-token", used);
    CHECK(session.closed.starts_with("1008"));
}

TEST_CASE("at the end of a token the socket of the dialect is closed", "[delivery][dialect]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    auto& session = fixture.bind("s1");
    fixture.pass(61s);
    CHECK(session.closed.starts_with("1000"));
}

TEST_CASE(
    "a Subscription that only the dialect bound is off when it was left for long", "[delivery][dialect][E5]"
) {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    fixture.subscribe("s2", "unused");
    auto& first = fixture.bind("s1");
    auto& second = fixture.bind("s2");
    auto& by_text = fixture.connect();
    by_text.say("bind s2");
    fixture.pass(20s);
    CHECK(fixture.record("s1").status == Status::active);
    for (auto* const session : {&first, &second, &by_text}) session->leave();
    fixture.pass(8s);
    CHECK(fixture.record("s1").status == Status::active);
    fixture.pass(5s);
    CHECK(fixture.record("s1").status == Status::off);
    CHECK_FALSE(fixture.record("s1").error_text.empty());
    CHECK(fixture.record("s2").status == Status::active);
}

TEST_CASE("what was left behind before a restart is off after it", "[delivery][dialect][E5]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    fixture.bind("s1").leave();
    fixture.pass(4s);
    fixture.restart();
    fixture.pass(8s);
    CHECK(fixture.record("s1").status == Status::active);
    fixture.pass(5s);
    CHECK(fixture.record("s1").status == Status::off);
}

TEST_CASE("what was left behind and is wanted again is watched again", "[delivery][dialect][E5]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "unused");
    fixture.bind("s1").leave();
    fixture.pass(13s);
    REQUIRE(fixture.record("s1").status == Status::off);
    fixture.replace("s1", Status::active);
    fixture.pass(8s);
    CHECK(fixture.record("s1").status == Status::active);
    fixture.pass(5s);
    CHECK(fixture.record("s1").status == Status::off);
}

TEST_CASE("a Subscription that was moved to a REST-hook is not left behind", "[delivery][dialect][E5]") {
    DialectSockets fixture;
    fixture.subscribe("s1", "receiver");
    fixture.bind("s1");
    fixture.topic.channel = "rest-hook";
    fixture.topic.endpoint = "https://receiver/hook";
    fixture.replace("s1", Status::active);
    SECTION("while the server runs") {}
    SECTION("after a restart") { fixture.restart(); }
    fixture.pass(1min);
    CHECK(fixture.record("s1").status == Status::active);
}

TEST_CASE("where the dialect is switched off its frames are ignored", "[delivery][dialect]") {
    DialectSockets fixture;
    fixture.settings.json_dialect = false;
    fixture.restart();
    fixture.subscribe("s1", "unused");
    auto& session = fixture.bind("s1");
    fixture.say(session, "ping");
    CHECK(session.frames.empty());
    CHECK(session.open());
}

}  // namespace tributary::delivery
