#include "tests/support/async.hpp"

namespace tributary::async {

TEST_CASE_METHOD(
    Fixture, "with_group: a throw between spawn and join cancels and awaits the tasks", "[group]"
) {
    int touched = 0;
    auto child = [](Clock& c, std::string& s, int& n) -> awaitable<void> {
        struct Touch {
            std::string& s_;
            int& n_;
            ~Touch() { s_ += 'x', ++n_; }
        } touch{s, n};
        co_await c.sleep_for(1s);
    };
    auto parent = [&]() -> awaitable<void> {
        std::string local(100, 'a');
        auto body = [&](TaskGroup& group) -> awaitable<void> {
            must(group.spawn("child", child(clock, local, touched)));
            co_await fail_after(clock, 10ms, "between");
        };
        co_await with_group(std::ref(body));
    };
    root.start(parent());
    SECTION("the body throws") {
        clock.advance(ctx, 10ms);
        REQUIRE(root.what() == "between");
    }
    SECTION("the caller is cancelled while the body waits") {
        settle();
        root.cancel();
        settle();
        REQUIRE(root.cancelled());
    }
    SECTION("the caller is cancelled in the turn in which the body ends") {
        settle();
        auto canceller = [&]() -> awaitable<void> {
            co_await clock.sleep_for(10ms);
            root.cancel();
        };
        Root other(ctx);
        other.start(canceller());
        clock.advance(ctx, 10ms);
        REQUIRE(root.what() == "between");
    }
    REQUIRE(touched == 1);
}

TEST_CASE_METHOD(
    Fixture, "with_group: a cancel between the end of the body and the join is not lost", "[group]"
) {
    int done = 0;
    auto parent = [&]() -> awaitable<void> {
        std::string local(100, 'a');
        auto body = [&](TaskGroup& group) -> awaitable<void> {
            must(group.spawn("child", pause(clock, 1s, &done)));
            root.cancel();  // arrives after the body
            co_return;
        };
        co_await with_group(std::ref(body));
    };
    auto cancelled_inside = [&]() -> awaitable<void> {
        auto body = [&](TaskGroup& group) -> awaitable<void> {
            must(group.spawn("child", pause(clock, 1s, &done)));
            root.cancel();
            co_await asio::this_coro::throw_if_cancelled(false);
            co_await asio::post(ctx, use_awaitable);  // the cancel arrives here and the body returns normally
            co_await asio::this_coro::throw_if_cancelled(true);
        };
        co_await with_group(std::ref(body));
    };
    SECTION("after") { root.start(parent()); }
    SECTION("inside") { root.start(cancelled_inside()); }
    settle();
    REQUIRE(root.cancelled());
    REQUIRE(done == 0);
}

TEST_CASE_METHOD(Fixture, "with_group rethrows the first task's exception when all have ended", "[group]") {
    int done = 0;
    auto parent = [&](bool handled) -> awaitable<void> {
        auto body = [&](TaskGroup& group) -> awaitable<void> {
            must(group.spawn("bug", fail_after(clock, 5ms, "boom")));
            must(group.spawn("second bug", fail_after(clock, 6ms, "bang")));
            must(group.spawn("sibling", pause(clock, 50ms, &done)));
            co_await clock.sleep_for(10ms);
        };
        auto handler = failures.handler();
        if (handled) {
            co_await with_group(handler, std::ref(body));
        } else {
            co_await with_group(std::ref(body));
        }
    };
    bool const handled = GENERATE(false, true);
    root.start(parent(handled));
    clock.advance(ctx, 50ms);
    REQUIRE(done == 1);
    REQUIRE(root.what() == (handled ? "" : "boom"));
    REQUIRE(failures.seen_.size() == (handled ? 2U : 0U));
}

TEST_CASE_METHOD(Fixture, "with_group called in a cancelled frame starts nothing", "[group]") {
    int runs = 0;
    auto parent = [&]() -> awaitable<void> {
        auto body = [&](TaskGroup&) -> awaitable<void> {
            ++runs;
            co_return;
        };
        root.cancel();
        co_await asio::post(ctx, use_awaitable);
        co_await with_group(std::ref(body));
    };
    root.start(parent());
    settle();
    REQUIRE(root.cancelled());
    REQUIRE(runs == 0);
}

}  // namespace tributary::async
