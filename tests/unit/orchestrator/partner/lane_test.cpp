#include "orchestrator/partner/lane.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/async.hpp"

namespace tributary::partner {

using namespace std::chrono_literals;

namespace {

/// Runs each Step for `takes`, then settles it with what `results` says about its target, else done.
class ScriptedRunner final : public StepRunner {
public:
    ScriptedRunner(boost::asio::any_io_executor ex, Clock& clock)
        : clock_(clock), steps_(std::move(ex), [](auto, auto) {}) {}

    void start(Lane& lane, Step step, Slot slot) override {
        started.push_back(step.target);
        started_at.push_back(clock_.now().time_since_epoch());
        if (!steps_.spawn("step", run(lane, step, std::move(slot)))) return;
    }
    void ended(Lane&, Step const& step, StepResult const& result) override {
        auto const* failed_step = result.get<StepResult::Failed>();
        if (failed_step != nullptr) {
            failures.emplace(step.target, failed_step->why.errc());
        } else {
            done.push_back(step.target);
        }
    }
    void cancel() { steps_.cancel(); }
    awaitable<void> stop() { return steps_.join(); }

    Clock::Duration takes = 1s;
    std::size_t most_at_once = 1'000'000;  // more are refused: 429
    std::map<std::uint32_t, std::vector<Failure>> results;  // of the next calls, each once
    std::vector<std::uint32_t> started, done;
    std::vector<Clock::Duration> started_at;
    std::map<std::uint32_t, Errc> failures;

private:
    awaitable<void> run(Lane& lane, Step step, Slot slot) {
        bool const one_too_many = ++running_ > most_at_once;
        co_await clock_.sleep_for(takes);
        --running_;
        if (one_too_many) results[step.target] = {Failure(Errc::http_status).with_status(429, 1s)};
        auto& script = results[step.target];
        if (script.empty()) {
            lane.settle(step, StepResult::done());
        } else {
            auto const why = script.front();
            script.erase(script.begin());
            lane.settle(step, StepResult::of(why));
        }
        slot.release();
    }

    Clock& clock_;
    std::size_t running_ = 0;
    async::TaskGroup steps_;  // last
};

struct LaneFixture : async::Fixture {
    Metrics metrics;
    async::Semaphore process{8};
    ScriptedRunner runner{ctx.get_executor(), clock};
    Lane::Settings settings;
    std::vector<std::unique_ptr<Lane>> lanes;

    Lane& make() {
        settings.partner = "p" + std::to_string(lanes.size());
        lanes.push_back(
            std::make_unique<Lane>(ctx.get_executor(), clock, process, settings, Logger(), metrics)
        );
        lanes.back()->start();
        return *lanes.back();
    }
    Step step(std::uint32_t target, Priority priority = Priority::discovery, std::uint32_t discovery = 1) {
        Step made;
        made.runner = &runner;
        made.flow = {1, discovery};
        made.target = target;
        made.priority = priority;
        return made;
    }
    bool add(
        Lane& lane, std::uint32_t target, Priority priority = Priority::discovery, std::uint32_t discovery = 1
    ) {
        return lane.add(step(target, priority, discovery)).has_value();
    }
    void fail(std::uint32_t target, Failure why, int times = 1) {
        runner.results[target].assign(static_cast<std::size_t>(times), why);
    }
    void finish() {
        auto go = [&]() -> awaitable<void> {
            runner.cancel();
            co_await runner.stop();
            for (auto& lane : lanes) {
                lane->cancel();
                co_await lane->stop();
            }
        };
        async::Root end(ctx);
        end.start(go());
        settle();
        REQUIRE(end.succeeded());
        CHECK(process.available() == 8);
    }
};

using Targets = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE_METHOD(LaneFixture, "a Lane runs as many Steps at once as it may", "[lane]") {
    settings.max_concurrent = 2;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 5; ++i) CHECK(add(lane, i));
    settle();
    CHECK(runner.started == Targets{0, 1});
    CHECK(lane.figures().running == 2);
    CHECK(lane.figures().queued == 3);
    clock.advance(ctx, 1s);
    CHECK(runner.started == Targets{0, 1, 2, 3});
    clock.advance(ctx, 5s);
    CHECK(runner.done == Targets{0, 1, 2, 3, 4});
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a slow partner does not hold the permits another one needs", "[lane]") {
    auto& slow = make();
    auto& other = make();
    runner.takes = 1h;
    for (std::uint32_t i = 0; i < 100; ++i) CHECK(add(slow, i));
    settle();
    CHECK(process.available() == 4);
    CHECK(add(other, 1000));
    settle();
    CHECK(runner.started.back() == 1000);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a freed permit goes to the Lane that has waited longest", "[lane]") {
    settings.max_concurrent = 8;
    auto& first = make();
    auto& second = make();
    auto& third = make();
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(add(first, i));
    settle();
    CHECK(add(second, 100));
    CHECK(add(third, 200));
    clock.advance(ctx, 1s);
    auto const& order = runner.started;
    REQUIRE(order.size() == 12);
    CHECK(std::find(order.begin(), order.end(), 100U) < order.begin() + 11);
    finish();
}

TEST_CASE_METHOD(
    LaneFixture,
    "a call that failed for a moment is repeated after 2 and 8 seconds, three times in all",
    "[lane]"
) {
    auto& lane = make();
    fail(1, Failure(Errc::http_status).with_status(500), 3);
    CHECK(add(lane, 1));
    clock.advance(ctx, 60s);
    REQUIRE(runner.started_at.size() == 3);
    auto const first_wait = runner.started_at[1] - runner.started_at[0] - 1s;
    auto const second_wait = runner.started_at[2] - runner.started_at[1] - 1s;
    CHECK(first_wait >= 1s);
    CHECK(first_wait <= 2s);
    CHECK(second_wait >= 4s);
    CHECK(second_wait <= 8s);
    CHECK(runner.failures == std::map<std::uint32_t, Errc>{{1, Errc::http_status}});
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a refusal is not repeated", "[lane]") {
    auto& lane = make();
    fail(1, Failure(Errc::http_status).with_status(400));
    fail(2, Failure(Errc::forbidden).with_status(403));
    CHECK(add(lane, 1));
    CHECK(add(lane, 2));
    clock.advance(ctx, 60s);
    CHECK(runner.started.size() == 2);
    CHECK(runner.failures.size() == 2);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "Retry-After stops the whole Lane for that long", "[lane]") {
    auto& lane = make();
    fail(1, Failure(Errc::http_status).with_status(429, 20s));
    CHECK(add(lane, 1));
    clock.advance(ctx, 2s);
    CHECK(add(lane, 2));
    CHECK(lane.figures().throttled_for == 19s);
    clock.advance(ctx, 18s);
    CHECK(runner.started == Targets{1});
    clock.advance(ctx, 2s);
    CHECK(runner.started.size() == 3);
    CHECK(runner.failures.empty());
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a Step that a partner wants much later has failed for now", "[lane]") {
    auto& lane = make();
    fail(1, Failure(Errc::http_status).with_status(503, std::chrono::hours(24)));
    CHECK(add(lane, 1));
    clock.advance(ctx, 2s);
    CHECK(runner.failures.size() == 1);
    CHECK(lane.figures().throttled_for <= 15min);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "nobody waits in a Lane whose partner wants to be asked much later", "[lane]") {
    auto& lane = make();
    settings.max_concurrent = 1;
    auto& narrow = make();
    for (auto* each : {&lane, &narrow}) {
        runner.failures.clear();
        fail(1, Failure(Errc::http_status).with_status(503, 10min));
        CHECK(add(*each, 1));
        CHECK(add(*each, 2));
        CHECK(add(*each, 3, Priority::eager));
        clock.advance(ctx, 2s);
        auto const refused = each->add(step(4));
        REQUIRE(refused.has_error());
        CHECK(refused.error().errc() == Errc::throttled);
    }
    CHECK(runner.failures == std::map<std::uint32_t, Errc>{{1, Errc::http_status}, {2, Errc::throttled}});
    CHECK(narrow.figures().queued == 1);  // the eager retrieval
    narrow.add_owed(step(5), clock.now() + 30s);
    clock.advance(ctx, 9min);
    CHECK(runner.started.back() != 5);
    clock.advance(ctx, 2min);
    CHECK(narrow.figures().queued == 0);
    CHECK(narrow.figures().owed == 0);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a partner that takes fewer calls at once than configured is made fewer", "[lane]") {
    settings.max_concurrent = 8;
    settings.attempts = 3;
    auto& lane = make();
    runner.most_at_once = 2;
    for (std::uint32_t i = 0; i < 60; ++i) CHECK(add(lane, i));
    clock.advance(ctx, 10min);
    CHECK(runner.failures.empty());
    CHECK(runner.done.size() == 60);
    CHECK(runner.started.size() < 80);
    runner.most_at_once = 100;
    for (std::uint32_t i = 0; i < 400; ++i) CHECK(add(lane, i));
    clock.advance(ctx, 10min);
    CHECK(metrics.gauge("tributary_lane_allowed", "", {{"partner", "p0"}}).value() == 8);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a partner that says when to come back is not taken for dead", "[lane]") {
    settings.max_concurrent = 1;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 8; ++i) {
        fail(i, Failure(Errc::http_status).with_status(429, 1s));
        CHECK(add(lane, i));
    }
    clock.advance(ctx, 5min);
    CHECK(lane.figures().breaker == pacing::BreakerState::closed);
    CHECK(runner.done.size() == 8);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a storm of failures is not answered with a storm of repetitions", "[lane]") {
    settings.breaker_failures = 1'000'000;
    settings.retry_share = 0.2;
    settings.max_concurrent = 8;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 200; ++i) {
        fail(i, Failure(Errc::http_status).with_status(500), 3);
        CHECK(add(lane, i));
    }
    clock.advance(ctx, 55s);
    CHECK(runner.started.size() <= 200 + 40);
    CHECK(runner.started.size() > 200 + 10);
    CHECK(runner.failures.size() == 200);
    CHECK(metrics.text().find("tributary_lane_retries_refused_total{partner=\"p0\"} ") != std::string::npos);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a full Lane refuses, told as throttled", "[lane]") {
    settings.max_concurrent = 1;
    settings.queue = 2;
    auto& lane = make();
    CHECK(add(lane, 1));
    settle();
    CHECK(add(lane, 2));
    CHECK(add(lane, 3));
    auto const refused = lane.add(step(4));
    REQUIRE(refused.has_error());
    CHECK(refused.error().errc() == Errc::throttled);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a partner that fails five times in a row is not asked any more", "[lane]") {
    settings.attempts = 1;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 10; ++i) {
        fail(i, Failure(Errc::connect));
        CHECK(add(lane, i));
    }
    CHECK(add(lane, 50, Priority::eager));
    clock.advance(ctx, 10s);
    CHECK(runner.started.size() < 10);
    CHECK(runner.failures.size() == 10);
    CHECK(lane.figures().breaker == pacing::BreakerState::open);
    auto const refused = lane.add(step(20));
    REQUIRE(refused.has_error());
    CHECK(refused.error().errc() == Errc::connect);
    CHECK(lane.figures().queued == 1);  // the eager retrieval waits

    SECTION("an owed Step is its probe, and success lets everything go on") {
        lane.add_owed(step(30), clock.now() + 1h);
        lane.add_owed(step(31), clock.now() + 1h);
        runner.started.clear();
        clock.advance(ctx, 52s);
        CHECK(runner.started.size() == 1);
        clock.advance(ctx, 2s);
        CHECK(lane.figures().breaker == pacing::BreakerState::closed);
        clock.advance(ctx, 5s);
        CHECK(runner.started.size() == 3);
        CHECK(runner.done.size() == 3);
    }
    SECTION("a probe that fails keeps it shut") {
        fail(30, Failure(Errc::timeout));
        fail(50, Failure(Errc::timeout));
        lane.add_owed(step(30), clock.now() + 1h);
        clock.advance(ctx, 55s);
        CHECK(lane.figures().breaker == pacing::BreakerState::open);
    }
    SECTION("a probe that is cancelled does not keep it shut") {
        lane.add_owed(step(30), clock.now() + 1h);
        runner.takes = 1h;
        clock.advance(ctx, 52s);
        CHECK_FALSE(lane.available());
        runner.cancel();
        settle();
        CHECK(lane.available());
    }
    finish();
}

TEST_CASE_METHOD(LaneFixture, "what is owed runs again when the partner answers others", "[lane][owed]") {
    auto& lane = make();
    for (std::uint32_t i = 0; i < 20; ++i) lane.add_owed(step(i), clock.now() + 1h);
    clock.advance(ctx, 10s);
    CHECK(runner.started.empty());
    CHECK(add(lane, 100));
    SECTION("one first, then more with each that succeeds") {
        clock.advance(ctx, 1500ms);
        CHECK(runner.started.size() == 2);
        clock.advance(ctx, 20s);
        CHECK(runner.done.size() == 21);
    }
    SECTION("but one in half a minute, as long as none succeeds") {
        for (std::uint32_t i = 0; i < 20; ++i) fail(i, Failure(Errc::forbidden), 100);
        for (std::uint32_t i = 101; i < 150; ++i) {
            clock.advance(ctx, 1s);
            CHECK(add(lane, i));
        }
        CHECK(runner.failures.size() == 2);
    }
    finish();
}

TEST_CASE_METHOD(
    LaneFixture, "metrics tell what is owed from what waits, and that a probe is due", "[lane][owed]"
) {
    settings.attempts = 1;
    auto& lane = make();
    auto const shows = [this](std::string const& figure) {
        return metrics.text().find("tributary_lane_" + figure + "\n") != std::string::npos;
    };
    for (std::uint32_t i = 0; i < 5; ++i) {
        fail(i, Failure(Errc::connect));
        CHECK(add(lane, i));
    }
    clock.advance(ctx, 10s);
    CHECK(shows(R"(breaker_state{partner="p0"} 1)"));
    clock.advance(ctx, 55s);
    CHECK(shows(R"(breaker_state{partner="p0"} 2)"));  // though nobody asks for anything
    make().add_owed(step(30), clock.now() + 1h);
    settle();
    CHECK(shows(R"(owed{partner="p1"} 1)"));
    CHECK(shows(R"(queued{partner="p1"} 0)"));
    finish();
}

TEST_CASE_METHOD(LaneFixture, "answers that are refusals do not open the breaker", "[lane]") {
    auto& lane = make();
    for (std::uint32_t i = 0; i < 20; ++i) {
        fail(i, Failure(Errc::http_status).with_status(404));
        CHECK(add(lane, i));
    }
    clock.advance(ctx, 10s);
    CHECK(lane.figures().breaker == pacing::BreakerState::closed);
    CHECK(runner.started.size() == 20);
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a rate is kept whatever the concurrency", "[lane]") {
    settings.requests_per_second = 2;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(add(lane, i));
    clock.advance(ctx, 2s);
    CHECK(runner.started.size() == 5);
    finish();
}

TEST_CASE_METHOD(
    LaneFixture, "Steps and the further requests of one take the turns of a rate by turns", "[lane][rate]"
) {
    settings.requests_per_second = 2;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(add(lane, i));
    std::vector<Clock::Duration> sent;
    auto requests = [&]() -> awaitable<void> {
        for (int i = 0; i < 4; ++i) {
            auto const turn = co_await lane.turns().take(async::Deadline::never());
            if (turn) sent.push_back(clock.now().time_since_epoch());
        }
    };
    settle();
    root.start(requests());
    clock.advance(ctx, 5s);
    REQUIRE(runner.started_at.size() == 3);
    CHECK(runner.started_at.back() <= 3s);
    REQUIRE(sent.size() == 4);
    CHECK(sent.back() <= 3s);
    finish();
}

TEST_CASE_METHOD(
    LaneFixture,
    "a queued retrieval that somebody waits for is raised, one that nobody wants dropped",
    "[lane]"
) {
    settings.max_concurrent = 1;
    auto& lane = make();
    for (std::uint32_t i = 0; i < 5; ++i) CHECK(add(lane, i, Priority::eager));
    settle();
    CHECK(lane.raise(runner, {1, 1}, 4));
    CHECK(lane.drop(runner, {1, 1}, 2));
    CHECK_FALSE(lane.raise(runner, {1, 1}, 0));
    clock.advance(ctx, 10s);
    CHECK(runner.started == Targets{0, 4, 1, 3});
    finish();
}

TEST_CASE_METHOD(LaneFixture, "a Lane that stops waits for the Steps that others run in it", "[lane]") {
    auto& lane = make();
    CHECK(add(lane, 1));
    settle();
    bool stopped = false;
    auto go = [&]() -> awaitable<void> {
        co_await lane.stop();
        stopped = true;
    };
    root.start(go());
    clock.advance(ctx, 500ms);
    CHECK_FALSE(stopped);
    clock.advance(ctx, 500ms);
    CHECK(stopped);
    auto join = [&]() -> awaitable<void> { co_await runner.stop(); };
    async::Root end(ctx);
    end.start(join());
    settle();
    CHECK(end.succeeded());
}

}  // namespace tributary::partner
