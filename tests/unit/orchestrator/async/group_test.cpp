#include "tests/support/async.hpp"

namespace tributary::async {

TEST_CASE_METHOD(Fixture, "join waits for every task, then the group is closed", "[group]") {
    int done = 0;
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("slow", pause(clock, 30ms, &done)));
        must(group.spawn("fast", pause(clock, 10ms, &done)));
        must(group.spawn("immediate", [](int& n) -> awaitable<void> {
            ++n;
            co_return;
        }(done)));
        co_await group.join();
        REQUIRE(done == 3);
        REQUIRE_FALSE(group.spawn("late", pause(clock, 1ms, &done)));
        co_await group.join();  // again: returns at once
    };
    root.start(body());
    clock.advance(ctx, 30ms);
    REQUIRE(root.succeeded());
    REQUIRE(done == 3);
}

TEST_CASE_METHOD(Fixture, "a failing task is reported by name and its siblings go on", "[group]") {
    int done = 0;
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("late bug", fail_after(clock, 5ms, "boom")));
        must(group.spawn("early bug", fail_after(clock, 0ms, "bang")));
        must(group.spawn("sibling", pause(clock, 50ms, &done)));
        co_await group.join();
    };
    root.start(body());
    clock.advance(ctx, 50ms);
    REQUIRE(root.succeeded());
    REQUIRE(done == 1);
    REQUIRE(failures.seen_ == std::vector<std::string>{"early bug: bang", "late bug: boom"});
}

TEST_CASE_METHOD(
    Fixture, "a cancelled caller in join() cancels the tasks and still waits for them", "[group]"
) {
    int done = 0;
    bool joined = false;
    auto parent = [&]() -> awaitable<void> {
        std::string borrowed(100, 'a');
        TaskGroup group(ctx.get_executor(), failures.handler());
        auto child = [](Clock& c, std::string& s, int& n) -> awaitable<void> {
            try {
                co_await c.sleep_for(2s);
            } catch (...) {
                s += 'x';
                ++n;
                throw;
            }
        };
        must(group.spawn("child", child(clock, borrowed, done)));
        try {
            co_await group.join();
        } catch (const boost::system::system_error& e) {
            REQUIRE(e.code() == asio::error::operation_aborted);
            REQUIRE(group.empty());
            joined = true;
            throw;
        }
    };
    SECTION("directly") {
        root.start(parent());
        clock.advance(ctx, 50ms);
        root.cancel();
    }
    SECTION("through an outer group") {
        auto outer = [&]() -> awaitable<void> {
            TaskGroup group(ctx.get_executor(), failures.handler());
            must(group.spawn("parent", parent()));
            co_await clock.sleep_for(50ms);
            group.cancel();
            co_await group.join();
            throw boost::system::system_error(asio::error::operation_aborted);  // as in the other section
        };
        root.start(outer());
        clock.advance(ctx, 50ms);
    }
    settle();
    REQUIRE(root.cancelled());
    REQUIRE(joined);
    REQUIRE(done == 1);
    REQUIRE(elapsed() == 50ms);
    REQUIRE(failures.seen_.empty());
}

TEST_CASE_METHOD(Fixture, "join leaves the caller as cancellable as before", "[group]") {
    int turns = 0;
    bool throws = false;
    auto loop = [&]() -> awaitable<void> {
        for (;;) {
            TaskGroup group(ctx.get_executor(), failures.handler());
            must(group.spawn("short", pause(clock, 10ms)));
            co_await group.join();
            auto nothing = [](TaskGroup&) -> awaitable<void> { co_return; };
            co_await with_group(std::ref(nothing));
            throws = co_await asio::this_coro::throw_if_cancelled();
            co_await clock.sleep_for(200ms);
            ++turns;
        }
    };
    root.start(loop());
    clock.advance(ctx, 50ms);
    root.cancel();
    settle();
    REQUIRE(root.cancelled());
    REQUIRE(throws);
    REQUIRE(turns == 0);
}

TEST_CASE_METHOD(Fixture, "a task may spawn while its owner joins", "[group]") {
    int done = 0;
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        auto follow = [&]() -> awaitable<void> {
            co_await clock.sleep_for(5ms);
            for (int i = 0; i < 3; ++i) must(group.spawn("retrieve", pause(clock, 1ms, &done)));
        };
        must(group.spawn("follow", follow()));
        co_await group.join();
    };
    root.start(body());
    clock.advance(ctx, 10ms);
    REQUIRE(root.succeeded());
    REQUIRE(done == 3);
}

TEST_CASE_METHOD(
    Fixture, "tasks spawned before the loop runs can be cancelled before their first run", "[group]"
) {
    int done = 0;
    TaskGroup group(ctx.get_executor(), failures.handler());
    must(group.spawn("waits", pause(clock, 1s, &done)));
    must(group.spawn("immediate", [](int& n) -> awaitable<void> {
        ++n;
        co_return;
    }(done)));
    group.cancel();
    REQUIRE_FALSE(group.spawn("late", pause(clock, 1ms, &done)));
    settle();
    REQUIRE(group.empty());
    REQUIRE(done == 1);
    REQUIRE(failures.seen_.empty());
}

TEST_CASE_METHOD(Fixture, "a task may cancel its own group", "[group]") {
    int after = 0;
    int done = 0;
    TaskGroup group(ctx.get_executor(), failures.handler());
    auto suspends = [&]() -> awaitable<void> {
        group.cancel();
        co_await clock.sleep_for(1s);
        ++after;
    };
    auto returns = [&]() -> awaitable<void> {
        group.cancel();
        co_return;
    };
    must(group.spawn("sibling", pause(clock, 1s, &done)));
    SECTION("and wait") {
        asio::post(ctx, [&] { must(group.spawn("self", suspends())); });
    }
    SECTION("and end without ever suspending") {
        asio::post(ctx, [&] { must(group.spawn("self", returns())); });
    }
    settle();
    REQUIRE(group.empty());
    REQUIRE(after + done == 0);
    REQUIRE(failures.seen_.empty());
}

TEST_CASE_METHOD(Fixture, "an empty group may go while its cancel is still posted", "[group]") {
    {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("waits", pause(clock, 1s)));
        group.cancel();
        settle();
        group.cancel();
    }
    {
        TaskGroup(ctx.get_executor(), failures.handler()).cancel();
    }
    settle();
    REQUIRE(clock.sleepers() == 0);
}

TEST_CASE_METHOD(Fixture, "destroying a group with running tasks aborts, cancelled or not", "[group]") {
    bool const cancelled = GENERATE(false, true);
    REQUIRE(aborts([&] {
        TaskGroup group(ctx.get_executor(), failures.handler());
        if (!group.spawn("waits", pause(clock, 1s))) return;
        if (cancelled) group.cancel();
    }));
}

}  // namespace tributary::async
