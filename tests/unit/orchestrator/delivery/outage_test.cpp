#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

TEST_CASE(
    "a receiver that was down for a day gets every Event in order once it is turned on again",
    "[delivery][B19][outage]"
) {
    VirtualDelivery fixture;
    fixture.subscribe("s1", "down", Status::requested);
    fixture.pass(1s);
    fixture.happen({"a"});
    fixture.pass(1s);
    REQUIRE(fixture.told("down") == Texts{"handshake 0 requested", "event-notification 1"});
    fixture.endpoints.hangs("down");
    fixture.happen({"h0"});
    fixture.pass(20min);
    REQUIRE(fixture.record("s1").status == Status::error);
    fixture.end();  // most of the day nobody looks at the clock every two seconds
    for (int hour = 1; hour < 24; ++hour) {
        fixture.admit({"h" + std::to_string(hour)});
        fixture.pass(1h);
    }
    fixture.start();
    fixture.pass(20min);
    REQUIRE(fixture.record("s1").status == Status::error);
    REQUIRE(fixture.record("s1").events == 25);
    fixture.endpoints.answers("down", 200);
    auto const before = fixture.told("down").size();
    fixture.change("s1", Status::requested);
    fixture.wake("s1");
    fixture.pass(10s);
    auto const after = fixture.told("down");
    Texts expected{"handshake 25 requested"};
    for (int number = 2; number <= 25; ++number)
        expected.push_back("event-notification " + std::to_string(number));
    CHECK(Texts(after.begin() + static_cast<std::ptrdiff_t>(before), after.end()) == expected);
    CHECK(fixture.record("s1").status == Status::active);
    CHECK(fixture.record("s1").delivered == 25);
}

TEST_CASE("who is stopped once all attempts were cut short is stopped", "[delivery]") {
    VirtualDelivery fixture;
    fixture.endpoints.hangs("down");
    fixture.subscribe("s1", "down");
    fixture.happen({"a"});
    fixture.pass(1s);
    fixture.deliveries->cancel();
    fixture.pass(1s);
    fixture.deliveries->stop_subscription("s1");
    CHECK(fixture.record("s1").delivered == 0);
}

TEST_CASE("a handshake with an endpoint that hangs is over within a minute", "[delivery][handshake][C2]") {
    VirtualDelivery fixture;
    fixture.endpoints.hangs("down");
    fixture.subscribe("s1", "down", Status::requested);
    fixture.pass(59s);
    CHECK(fixture.record("s1").status == Status::requested);
    fixture.pass(2s);
    CHECK(fixture.record("s1").status == Status::error);
    CHECK(fixture.record("s1").error_code == "no-response");
}

TEST_CASE("in error a classic Subscription is tried when the next document comes", "[delivery][C1][E5]") {
    VirtualDelivery fixture;
    fixture.topic = SubscriptionText();
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(20min);
    REQUIRE(fixture.record("s1").status == Status::error);
    auto const tried = fixture.told("one").size();
    fixture.happen({"b", "c"});
    fixture.pass(1500ms);
    CHECK(fixture.told("one").size() == tried + 1);  // and not again and again
    fixture.endpoints.answers("one", 200);
    fixture.happen({"d"});
    fixture.pass(1500ms);
    CHECK(fixture.record("s1").status == Status::active);
    CHECK(fixture.record("s1").delivered == 4);
}

TEST_CASE("a receiver that wants to be left alone is, whatever documents come", "[delivery][B16]") {
    VirtualDelivery fixture;
    fixture.topic = SubscriptionText();
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(20min);
    REQUIRE(fixture.record("s1").status == Status::error);
    fixture.endpoints.answers("one", 429);
    fixture.endpoints.asks_to_wait("one", "45");
    fixture.pass(61s);
    auto const tried = fixture.told("one").size();
    for (int i = 0; i < 10; ++i) {
        fixture.happen({"b" + std::to_string(i)});
        fixture.pass(1500ms);
    }
    CHECK(fixture.told("one").size() <= tried + 1);
}

TEST_CASE(
    "after a restart while it is requested a Subscription is shaken hands with again",
    "[delivery][C1][restart]"
) {
    VirtualDelivery fixture;
    fixture.endpoints.hangs("one");
    fixture.subscribe("s1", "one", Status::requested);
    fixture.pass(5s);
    fixture.endpoints.answers("one", 200);
    fixture.restart();
    fixture.pass(1s);
    CHECK(fixture.told("one") == Texts{"handshake 0 requested", "handshake 0 requested"});
    CHECK(fixture.record("s1").status == Status::active);
}

TEST_CASE("hundreds of origins that hang leave room for those that answer", "[delivery][E3-14][breaker]") {
    VirtualDelivery fixture;
    fixture.settings.max_in_flight = 8;
    fixture.restart();
    auto const hang = [&](int origins) {
        for (int i = 0; i < origins; ++i) {
            auto const id = "h" + std::to_string(i);
            fixture.endpoints.hangs(id);
            fixture.subscribe(id, id);
        }
        fixture.subscribe("healthy", "healthy");
        fixture.happen({"a"});
    };
    SECTION("soon, when they have only begun to hang") {
        hang(12);
        fixture.pass(3s);
        CHECK(fixture.told("healthy") == Texts{"event-notification 1"});
        CHECK(fixture.endpoints.hanging() == 12);
    }
    SECTION("at once, when it is known that they hang") {
        hang(60);
        fixture.pass(10min);
        for (int i = 0; i < 20; ++i) {
            auto const at = fixture.clock.now();
            fixture.happen({"later" + std::to_string(i)});
            fixture.pass(7s);
            auto const last = fixture.endpoints.calls("healthy").back();
            CHECK(last.at >= at);
            CHECK(last.at - at < 100ms);
        }
        CHECK(fixture.endpoints.most_hanging <= 16);
    }
}

TEST_CASE(
    "an origin that hangs is asked less and less, by one at a time, until it answers", "[delivery][breaker]"
) {
    VirtualDelivery fixture;
    fixture.endpoints.hangs("down");
    Texts all;
    for (int i = 0; i < 10; ++i) {
        all.push_back("s" + std::to_string(i));
        fixture.subscribe(all.back(), "down");
    }
    fixture.happen({"a"});
    fixture.pass(5min);
    auto const known = fixture.endpoints.calls("down").size();
    fixture.endpoints.most_hanging = 0;
    fixture.pass(5min);
    CHECK(fixture.endpoints.most_hanging == 1);
    CHECK(fixture.endpoints.calls("down").size() - known <= 6);
    fixture.endpoints.answers("down", 200);
    fixture.pass(4min);
    for (auto const& id : all) CHECK(fixture.record(id).delivered == 1);
}

TEST_CASE("who waits for an endpoint that hangs hears of it when it answers", "[delivery][breaker]") {
    VirtualDelivery fixture;
    fixture.endpoints.hangs("down");
    for (int i = 0; i < 10; ++i) fixture.subscribe("s" + std::to_string(i), "down");
    fixture.happen({"a"});
    fixture.pass(5min);
    auto const known = fixture.endpoints.calls("down").size();
    fixture.endpoints.answers("down", 200);
    fixture.pass(4min);
    auto calls = fixture.endpoints.calls("down");
    calls.erase(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(known));
    REQUIRE(calls.size() == 10);
    auto const at_once = std::count_if(calls.begin(), calls.end(), [&](auto const& call) {
        return call.at - calls.front().at < 20ms;
    });
    CHECK(at_once >= 5);
}

TEST_CASE("an endpoint that hangs holds up no other of its origin", "[delivery][E3-14][breaker]") {
    VirtualDelivery fixture;
    fixture.settings.rules.retry_for = 4s;
    fixture.restart();
    fixture.endpoints.hangs("gateway/slow/hook");
    for (int i = 0; i < 4; ++i) fixture.subscribe("slow" + std::to_string(i), "gateway/slow");
    fixture.happen({"a"});
    fixture.pass(2min);
    fixture.subscribe("healthy", "gateway");
    auto const at = fixture.clock.now();
    fixture.happen({"b"});
    fixture.pass(10s);
    CHECK(fixture.record("healthy").status == Status::active);
    CHECK(fixture.record("healthy").delivered == 2);
    CHECK(fixture.endpoints.calls("gateway").back().at - at < 10s);
}

TEST_CASE("an Event that was never tried does not end its Subscription", "[delivery][T5][breaker]") {
    VirtualDelivery fixture;
    fixture.settings.rules.retry_for = 1s;
    fixture.settings.breaker_pause = 1min;
    fixture.restart();
    fixture.endpoints.hangs("down");
    fixture.subscribe("s1", "down");
    fixture.subscribe("s2", "down");
    fixture.happen({"a"});
    fixture.pass(40s);  // two attempts have timed out; none is made for a minute
    fixture.subscribe("s3", "down");
    auto const known = fixture.endpoints.calls("down").size();
    fixture.happen({"b"});
    fixture.pass(5s);
    CHECK(fixture.endpoints.calls("down").size() == known);
    CHECK(fixture.record("s3").status == Status::active);
    fixture.endpoints.answers("down", 200);
    fixture.pass(2min);
    CHECK(fixture.record("s3").delivered == 2);
}

TEST_CASE("a signed request is signed anew at every attempt", "[delivery][webhook]") {
    VirtualDelivery fixture;
    fixture.settings.webhook_key = "a key that is long enough";
    fixture.restart();
    fixture.endpoints.answers("one", 503);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(30s);
    auto const calls = fixture.endpoints.calls("one");
    REQUIRE(calls.size() > 3);
    CHECK(calls.front().headers.get("webhook-id") == "s1/1");
    CHECK(calls.back().headers.get("webhook-id") == "s1/1");
    CHECK(calls.back().headers.get("webhook-signature").starts_with("v1,"));
    CHECK(calls.back().headers.get("webhook-signature") != calls.front().headers.get("webhook-signature"));
}

TEST_CASE("the operator has parked Events sent, in order and up to the first failure", "[delivery][resend]") {
    VirtualDelivery fixture;
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a", "b", "c"});
    fixture.pass(20min);
    REQUIRE(fixture.record("s1").status == Status::error);
    auto const tried = fixture.told("one").size();
    Resent resent;
    auto resend = [&](ResendRange range) -> async::awaitable<void> {
        auto const limit = async::Deadline::after(fixture.clock, 20s);
        resent = cache::good(co_await fixture.deliveries->resend(limit, "s1", range));
    };
    auto const have_sent = [&](ResendRange range) {
        async::Root root(fixture.ctx);
        root.start(resend(range));
        fixture.pass(1s);
        REQUIRE(root.succeeded());
    };
    have_sent({});
    CHECK(resent.failure == "error-response");
    CHECK(resent.next == 1);
    fixture.endpoints.answers("one", 200);
    have_sent({{}, 2});
    CHECK(resent.sent == 2);
    CHECK(fixture.record("s1").delivered == 2);
    have_sent({1, 1});
    CHECK(fixture.record("s1").delivered == 2);
    auto const all = fixture.told("one");
    CHECK(
        Texts(all.begin() + static_cast<std::ptrdiff_t>(tried) + 1, all.end()) ==
        Texts{"event-notification 1", "event-notification 2", "event-notification 1"}
    );
    CHECK(fixture.record("s1").status == Status::error);
}

TEST_CASE(
    "what the operator had sent is not sent once more by a classic Subscription in error",
    "[delivery][resend]"
) {
    VirtualDelivery fixture;
    fixture.topic.content = "";
    fixture.settings.rules.retry_for = 1s;
    fixture.restart();
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a", "b", "c"});
    fixture.pass(1min);
    REQUIRE(fixture.record("s1").status == Status::error);
    fixture.endpoints.answers("one", 200);
    auto const tried = fixture.endpoints.calls("one").size();
    auto const resend = [&]() -> async::awaitable<void> {
        auto const limit = async::Deadline::after(fixture.clock, 20s);
        auto const resent = co_await fixture.deliveries->resend(limit, "s1", ResendRange());
        CHECK(cache::good(resent).sent == 3);
    };
    async::Root root(fixture.ctx);
    root.start(resend());
    fixture.pass(5min);
    REQUIRE(root.succeeded());
    CHECK(fixture.endpoints.calls("one").size() == tried + 3);
    CHECK(fixture.record("s1").delivered == 3);
    CHECK(fixture.record("s1").status == Status::active);
}

TEST_CASE("sending again ends at its deadline, whatever the endpoint does", "[delivery][resend]") {
    VirtualDelivery fixture;
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a", "b"});
    fixture.pass(20min);
    fixture.endpoints.hangs("one");
    Resent resent;
    auto resend = [&]() -> async::awaitable<void> {
        auto const limit = async::Deadline::after(fixture.clock, 5s);
        ResendRange const all;
        resent = cache::good(co_await fixture.deliveries->resend(limit, "s1", all));
    };
    async::Root root(fixture.ctx);
    root.start(resend());
    fixture.pass(6s);
    REQUIRE(root.succeeded());
    CHECK(resent.sent == 0);
    CHECK(resent.next == 1);
    CHECK(resent.failure.empty());
    CHECK(fixture.record("s1").delivered == 0);
}

}  // namespace tributary::delivery
