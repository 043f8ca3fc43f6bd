#include "orchestrator/partner/step_queue.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/support/catch.hpp"

namespace tributary::partner {

using namespace std::chrono_literals;

namespace {

struct NoRunner final : StepRunner {
    void start(Lane&, Step, Slot) override {}
    void ended(Lane&, Step const&, StepResult const&) override {}
};

struct QueueFixture {
    NoRunner runner, other;
    StepQueue queue;
    Clock::TimePoint now{};

    Step step(Flow flow, std::uint32_t target, Priority priority = Priority::discovery) {
        Step made;
        made.runner = &runner;
        made.flow = flow;
        made.target = target;
        made.priority = priority;
        return made;
    }
    void add(Flow flow, std::uint32_t target, Priority priority = Priority::discovery) {
        queue.add(step(flow, target, priority), now);
    }
    void add_later(Flow flow, std::uint32_t target, Clock::Duration wait, bool owed = false) {
        auto made = step(flow, target);
        made.not_before = now + wait;
        made.owed = owed;
        queue.add(made, now);
    }
    /// The targets in the order in which they are served now.
    std::string served() {
        std::string order;
        while (auto const next = queue.take(now))
            order.append(order.empty() ? "" : " ").append(std::to_string(next->target));
        return order;
    }
};

}  // namespace

TEST_CASE_METHOD(QueueFixture, "apps are served in turn, and within an app its Discoveries", "[lane]") {
    for (std::uint32_t i = 0; i < 3; ++i) add({1, 1}, 110 + i);
    for (std::uint32_t i = 0; i < 3; ++i) add({1, 2}, 120 + i);
    for (std::uint32_t i = 0; i < 2; ++i) add({2, 3}, 230 + i);
    CHECK(served() == "110 230 120 231 111 121 112 122");
    CHECK(queue.size() == 0);
}

TEST_CASE_METHOD(
    QueueFixture, "an app with one Discovery waits for one Step of an app with hundreds", "[lane]"
) {
    for (std::uint32_t i = 0; i < 500; ++i) add({1, 10 + i}, i);
    add({2, 1000}, 9999);
    (void)queue.take(now);
    CHECK(queue.take(now)->target == 9999);
}

TEST_CASE_METHOD(QueueFixture, "a Discovery that another app comes to want takes that app's turn", "[lane]") {
    for (std::uint32_t i = 0; i < 500; ++i) add({1, 10 + i}, i);
    SECTION("with its queued Steps") {
        queue.move({1, 509}, 2);
        (void)queue.take(now);
        CHECK(queue.take(now)->target == 499);
    }
    SECTION("with those that wait for a time, too") {
        add_later({1, 1000}, 9999, 10s);
        queue.move({1, 1000}, 2);
        now += 10s;
        (void)queue.take(now);
        CHECK(queue.take(now)->target == 9999);
    }
    SECTION("and nothing of it stays behind") {
        queue.move({1, 509}, 2);
        queue.forget(runner, {2, 509});
        CHECK(queue.size() == 499);
        std::size_t rest = 0;
        while (queue.take(now)) ++rest;
        CHECK(rest == 499);
    }
}

TEST_CASE_METHOD(
    QueueFixture, "within a Discovery queries go before discovery and eager retrieval", "[lane]"
) {
    add({1, 1}, 1, Priority::eager);
    add({1, 1}, 2, Priority::discovery);
    add({1, 1}, 3, Priority::query);
    add({1, 1}, 4, Priority::query);
    add({1, 1}, 5, Priority::eager);
    CHECK(served() == "3 4 2 1 5");
}

TEST_CASE_METHOD(QueueFixture, "an on-demand retrieval goes before everything", "[lane]") {
    add({1, 1}, 1, Priority::query);
    add({1, 1}, 2, Priority::on_demand);
    add({2, 9}, 3, Priority::on_demand);
    CHECK(served() == "2 3 1");
}

TEST_CASE_METHOD(QueueFixture, "a delayed Step is served when its time has come", "[lane]") {
    add_later({1, 1}, 1, 10s);
    add_later({1, 1}, 2, 5s);
    add_later({2, 2}, 3, 7s);
    CHECK(served().empty());
    CHECK(queue.next_due(now) == now + 5s);
    now += 7s;
    CHECK(queue.next_due(now) == now);
    CHECK(served() == "2 3");
    CHECK(queue.next_due(now) == now + 3s);
    now += 3s;
    CHECK(served() == "1");
    CHECK(queue.next_due(now) == Clock::TimePoint::max());
}

TEST_CASE_METHOD(QueueFixture, "forgetting drops a runner's Steps of one Flow and no others", "[lane]") {
    add({1, 1}, 1);
    add_later({1, 1}, 2, 1s);
    add({1, 1}, 3, Priority::on_demand);
    add({1, 2}, 4);
    auto foreign = step({1, 1}, 5);
    foreign.runner = &other;
    queue.add(foreign, now);
    queue.forget(runner, {1, 1});
    CHECK(queue.size() == 2);
    now += 1min;
    CHECK(served() == "5 4");
}

TEST_CASE_METHOD(QueueFixture, "a Step can be taken out, ready or delayed", "[lane]") {
    add({1, 1}, 1);
    add({1, 1}, 2);
    add_later({1, 1}, 3, 1s);
    CHECK(queue.extract(runner, {1, 1}, 1)->target == 1);
    CHECK(queue.extract(runner, {1, 1}, 3)->target == 3);
    CHECK_FALSE(queue.extract(runner, {1, 1}, 3));
    CHECK_FALSE(queue.extract(other, {1, 1}, 2));
    CHECK_FALSE(queue.extract(runner, {1, 2}, 2));
    now += 1min;
    CHECK(served() == "2");
}

TEST_CASE_METHOD(QueueFixture, "owed Steps are kept apart", "[lane]") {
    add_later({1, 1}, 1, 30s, true);
    add_later({1, 2}, 2, 29s, true);
    add({1, 3}, 3);
    CHECK(queue.size() == 1);
    CHECK(queue.owed() == 2);
    SECTION("one may be taken before its time, the first to come") {
        CHECK(queue.take_owed().value().target == 2);
        CHECK(queue.owed() == 1);
    }
    SECTION("all become due when the partner answers again") {
        queue.make_owed_due(now);
        CHECK(served() == "3 1 2");
    }
    SECTION("they and eager retrievals wait for a partner that does not answer, the rest does not") {
        add({1, 3}, 4, Priority::eager);
        add({1, 4}, 5, Priority::on_demand);
        add_later({1, 5}, 6, 2s);
        CHECK(queue.take_impatient().size() == 3);
        CHECK(served() == "4");
        CHECK(queue.owed() == 2);
    }
}

TEST_CASE_METHOD(
    QueueFixture, "dropping one of a thousand Discoveries does not look at the others", "[lane]"
) {
    for (std::uint32_t discovery = 0; discovery < 1000; ++discovery) {
        for (std::uint32_t i = 0; i < 20; ++i) add({discovery % 10, discovery}, i);
    }
    auto quickest = std::chrono::steady_clock::duration::max();
    for (std::uint32_t discovery = 500; discovery < 510; ++discovery) {
        auto const before = std::chrono::steady_clock::now();
        queue.forget(runner, {discovery % 10, discovery});
        quickest = std::min(quickest, std::chrono::steady_clock::now() - before);
    }
    CHECK(queue.size() == 19800);
    CHECK(quickest < 5ms);
}

}  // namespace tributary::partner
