#include "tests/support/async.hpp"

namespace tributary::async {

TEST_CASE_METHOD(Fixture, "a bug during the unwinding of a cancelled group is still reported", "[group]") {
    auto child = [&]() -> awaitable<void> {
        try {
            co_await clock.sleep_for(1s);
        } catch (const boost::system::system_error&) {
            throw std::logic_error("cleanup");
        }
    };
    TaskGroup group(ctx.get_executor(), failures.handler());
    must(group.spawn("cleaner", child()));
    settle();
    group.cancel();
    settle();
    REQUIRE(failures.seen_ == std::vector<std::string>{"cleaner: cleanup"});
}

TEST_CASE_METHOD(Fixture, "operation_aborted without a cancelled group is reported", "[group]") {
    auto child = []() -> awaitable<void> {
        throw boost::system::system_error(asio::error::operation_aborted);
        co_return;
    };
    TaskGroup group(ctx.get_executor(), failures.handler());
    must(group.spawn("leaky", child()));
    settle();
    REQUIRE(failures.seen_.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a failure handler may cancel the group: fail fast", "[group]") {
    int done = 0;
    TaskGroup* self = nullptr;
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), [&](std::string_view, std::exception_ptr) { self->cancel(); });
        self = &group;
        must(group.spawn("bug", fail_after(clock, 5ms, "boom")));
        must(group.spawn("sibling", pause(clock, 1s, &done)));
        co_await group.join();
    };
    root.start(body());
    clock.advance(ctx, 5ms);
    REQUIRE(root.succeeded());
    REQUIRE(done == 0);
}

TEST_CASE_METHOD(
    Fixture, "a shielded caller that is cancelled already can join, and the tasks are cancelled", "[group]"
) {
    bool joined = false;
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("child", pause(clock, 1s)));
        try {
            co_await clock.sleep_for(1s);
        } catch (...) {
        }
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await group.join();
        joined = group.empty();
    };
    root.start(body());
    settle();
    root.cancel();
    settle();
    REQUIRE(root.succeeded());
    REQUIRE(joined);
    REQUIRE(elapsed() == 0ms);
}

TEST_CASE_METHOD(Fixture, "a task that shields its cleanup is waited for", "[group]") {
    int done = 0;
    auto child = [&]() -> awaitable<void> {
        bool cancelled = false;
        try {
            co_await clock.sleep_for(1s);
        } catch (const boost::system::system_error&) {
            cancelled = true;
        }
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        if (cancelled) co_await pause(clock, 20ms, &done);
    };
    auto body = [&]() -> awaitable<void> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("cleaner", child()));
        co_await group.join();
    };
    root.start(body());
    settle();
    root.cancel();
    settle();
    REQUIRE_FALSE(root.finished());
    clock.advance(ctx, 20ms);
    REQUIRE(root.cancelled());
    REQUIRE(done == 1);
}

TEST_CASE_METHOD(Fixture, "cancel in the turn in which a task completes is not a failure", "[group]") {
    int done = 0;
    TaskGroup group(ctx.get_executor(), failures.handler());
    must(group.spawn("a", pause(clock, 10ms, &done)));
    settle();
    auto cancel_then = [&]() -> awaitable<void> {
        co_await clock.sleep_for(10ms);
        group.cancel();
    };
    SECTION("task first") { root.start(cancel_then()); }
    SECTION("cancel first") {
        group.cancel();
        root.start(pause(clock, 0ms));
    }
    clock.advance(ctx, 10ms);
    REQUIRE(group.empty());
    REQUIRE(root.succeeded());
    REQUIRE(failures.seen_.empty());
}

}  // namespace tributary::async
