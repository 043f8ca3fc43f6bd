#include "orchestrator/delivery/heartbeats.hpp"
#include "tests/unit/orchestrator/delivery/virtual_delivery.hpp"

namespace tributary::delivery {

namespace {

struct Beating : VirtualDelivery {
    Beating() { topic.heartbeat = 60; }
    async::Clock::Duration longest_silence(std::string const& host) const {
        async::Clock::Duration longest{};
        auto const calls = endpoints.calls(host);
        for (std::size_t i = 1; i < calls.size(); ++i)
            longest = std::max(longest, calls[i].at - calls[i - 1].at);
        return longest;
    }
    std::size_t beats(std::string const& host) const {
        auto const all = told(host);
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](std::string const& each) {
            return each.starts_with("heartbeat");
        }));
    }
};

}  // namespace

TEST_CASE("a silent channel has a heartbeat each period, and none without the extension", "[delivery][B18]") {
    Beating fixture;
    fixture.subscribe("s1", "one");
    fixture.topic.heartbeat = 0;
    fixture.subscribe("s2", "two");
    fixture.pass(56s);
    CHECK(fixture.told("one").empty());
    fixture.pass(4s);
    CHECK(fixture.told("one") == Texts{"heartbeat 0"});
    fixture.pass(10min);
    CHECK(fixture.beats("one") >= 11);
    CHECK(fixture.beats("one") <= 12);
    CHECK(fixture.told("two").empty());
}

TEST_CASE(
    "a notification puts the heartbeat off, and no silence is longer than the period", "[delivery][B18]"
) {
    Beating fixture;
    fixture.subscribe("s1", "one");
    fixture.pass(30s);
    fixture.happen({"a"});
    fixture.pass(50s);
    CHECK(fixture.told("one") == Texts{"event-notification 1"});
    fixture.pass(11s);
    CHECK(fixture.told("one") == Texts{"event-notification 1", "heartbeat 1"});
    auto const calls = fixture.endpoints.calls("one");
    CHECK(calls[1].at - calls[0].at <= 61s);
}

TEST_CASE("no silence is longer than the period while an Event is tried again", "[delivery][B18]") {
    Beating fixture;
    fixture.topic.heartbeat = 10;
    fixture.endpoints.answers("one", 503);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(14min);
    REQUIRE(fixture.record("s1").status == Status::active);
    CHECK(fixture.longest_silence("one") <= 10s);
    auto const tried = fixture.told("one").size() - fixture.beats("one");
    CHECK(tried < 40);  // as often as without heartbeats
    CHECK(tried > 10);
}

TEST_CASE("whoever takes long to answer is told no less often", "[delivery][B18]") {
    Beating fixture;
    fixture.topic.heartbeat = 10;
    fixture.endpoints.takes("one", 8s);
    fixture.subscribe("s1", "one");
    fixture.pass(15s);
    fixture.happen({"a"});
    fixture.pass(2min);
    CHECK(fixture.record("s1").delivered == 1);
    CHECK(fixture.longest_silence("one") <= 10s);
}

TEST_CASE("in error the heartbeat says so and is the only probe", "[delivery][B18][B19]") {
    Beating fixture;
    fixture.endpoints.answers("one", 500);
    fixture.subscribe("s1", "one");
    fixture.happen({"a"});
    fixture.pass(16min);
    REQUIRE(fixture.record("s1").status == Status::error);
    auto const before = fixture.told("one").size();
    fixture.endpoints.answers("one", 200);
    fixture.pass(3min);
    auto const after = fixture.told("one");
    REQUIRE(after.size() >= before + 3);
    for (auto i = before; i < after.size(); ++i) CHECK(after[i] == "heartbeat 1 error");
    CHECK(fixture.record("s1").status == Status::error);
    CHECK(fixture.endpoints.calls("one").back().body.find("error-response") != std::string::npos);
}

TEST_CASE("a heartbeat that fails counts as a notification that failed", "[delivery][B18][C3]") {
    Beating fixture;
    fixture.endpoints.answers("one", 503);
    fixture.subscribe("s1", "one");
    fixture.pass(61s);
    CHECK(fixture.record("s1").status == Status::active);
    fixture.pass(16min);
    CHECK(fixture.record("s1").status == Status::error);
}

TEST_CASE("requested and off have no heartbeat", "[delivery][B18]") {
    Beating fixture;
    fixture.endpoints.answers("one", 403);
    fixture.subscribe("s1", "one", Status::requested);
    fixture.change("s1", Status::requested);  // as a client would, while nobody looks
    fixture.pass(5min);
    CHECK(fixture.beats("one") == 0);
    fixture.subscribe("s2", "two");
    fixture.pass(61s);
    CHECK(fixture.beats("two") == 1);
    fixture.change("s2", Status::off);
    fixture.deliveries->deactivate("s2");
    fixture.wake("s2");
    fixture.pass(10min);
    CHECK(fixture.beats("two") == 1);
}

TEST_CASE("after a restart heartbeats go on without anything to deliver", "[delivery][B18][restart]") {
    Beating fixture;
    fixture.subscribe("s1", "one");
    fixture.restart();
    fixture.pass(61s);
    CHECK(fixture.told("one") == Texts{"heartbeat 0"});
}

TEST_CASE("ten thousand idle Subscriptions keep no worker for their heartbeats", "[delivery][B18]") {
    boost::asio::io_context ctx{1};
    async::ManualClock clock;
    std::size_t beats = 0;
    Heartbeats::Calls calls{
        [](std::string const&) { return std::nullopt; }, [&](std::string const&) { ++beats; }
    };
    Heartbeats heartbeats(ctx.get_executor(), clock, calls, Logger());
    REQUIRE(heartbeats.start());
    for (int i = 0; i < 10'000; ++i) heartbeats.watch("s" + std::to_string(i), 30s);
    clock.advance(ctx, 28s);
    CHECK(beats == 0);
    CHECK(clock.sleepers() == 1);
    clock.advance(ctx, 2s);
    CHECK(beats == 10'000);
    heartbeats.forget("s0");
    clock.advance(ctx, 30s);
    CHECK(beats == 10'000 + 9'999);
    heartbeats.cancel();
    async::Root root(ctx);
    root.start(heartbeats.stop());
    clock.advance(ctx, 1s);
    CHECK(root.finished());
}

}  // namespace tributary::delivery
