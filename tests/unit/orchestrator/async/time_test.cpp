#include "orchestrator/async/backoff.hpp"
#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "tests/support/async.hpp"

namespace tributary::async {

TEST_CASE_METHOD(
    Fixture, "an operation that maps its own cancel to an error reports a timeout", "[deadline]"
) {
    using Coded = boost::system::result<int>;
    auto op = [&]() -> awaitable<Coded> {
        try {
            co_await clock.sleep_for(1s);
        } catch (const boost::system::system_error& e) {
            co_return e.code();
        }
        co_return 1;
    };
    std::optional<Coded> out;
    auto body = [&]() -> awaitable<void> {
        auto task = op();
        out = co_await with_deadline(clock, Deadline::after(clock, 100ms), std::move(task));
    };
    root.start(body());
    clock.advance(ctx, 100ms);
    REQUIRE(out->error() == timed_out());
}

TEST_CASE_METHOD(
    Fixture, "an operation that cannot be cancelled delays the return and still delivers", "[deadline]"
) {
    auto op = [&]() -> awaitable<int> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await clock.sleep_for(300ms);
        co_return 7;
    };
    std::optional<boost::system::result<int>> out;
    auto body = [&]() -> awaitable<void> {
        auto task = op();
        out = co_await with_deadline(clock, Deadline::after(clock, 100ms), std::move(task));
    };
    root.start(body());
    clock.advance(ctx, 299ms);
    REQUIRE_FALSE(out);
    clock.advance(ctx, 1ms);
    REQUIRE(out->value() == 7);
}

TEST_CASE_METHOD(Fixture, "nested deadlines: the inner one is reported, the caller goes on", "[deadline]") {
    std::optional<boost::system::result<void>> inner;
    auto nested = [&]() -> awaitable<int> {
        auto task = clock.sleep_for(1s);
        inner = co_await with_deadline(clock, Deadline::after(clock, 10ms), std::move(task));
        co_await clock.sleep_for(10ms);
        co_return 7;
    };
    std::optional<boost::system::result<int>> out;
    auto body = [&]() -> awaitable<void> {
        auto task = nested();
        out = co_await with_deadline(clock, Deadline::after(clock, 100ms), std::move(task));
    };
    root.start(body());
    clock.advance(ctx, 20ms);
    REQUIRE(inner->error() == timed_out());
    REQUIRE(out->value() == 7);
}

TEST_CASE_METHOD(Fixture, "a timed out acquire leaves no permit lost", "[deadline][semaphore]") {
    Semaphore semaphore(1);
    auto body = [&]() -> awaitable<void> {
        auto held = co_await semaphore.acquire();
        auto task = semaphore.acquire();
        auto second = co_await with_deadline(clock, Deadline::after(clock, 10ms), std::move(task));
        REQUIRE(second.error() == timed_out());
        REQUIRE(semaphore.waiting() == 0);
    };
    root.start(body());
    clock.advance(ctx, 10ms);
    REQUIRE(root.succeeded());
    REQUIRE(semaphore.available() == 1);
}

TEST_CASE_METHOD(Fixture, "deadlines are values on a clock", "[deadline]") {
    clock.advance(ctx, 5s);
    auto const soon = Deadline::after(clock, 1s);
    auto const late = Deadline::after(clock, 1min);
    REQUIRE(soon.min(late) == soon);
    REQUIRE(late.min(soon) == soon);
    REQUIRE(Deadline::never().min(late) == late);
    REQUIRE(soon < late);
    REQUIRE(soon.remaining(clock) == 1s);
    REQUIRE(Deadline::after(clock, Clock::Duration::max()).is_never());
    clock.advance(ctx, 2s);
    REQUIRE(soon.expired(clock));
    REQUIRE(soon.remaining(clock) == 0s);
    REQUIRE_FALSE(Deadline::never().expired(clock));
}

TEST_CASE_METHOD(Fixture, "66 virtual seconds pass in milliseconds, in order", "[clock]") {
    std::vector<int> order;
    auto tick = [&](int id, Clock::Duration each, int times) -> awaitable<void> {
        for (int i = 0; i < times; ++i) {
            co_await clock.sleep_for(each);
            order.push_back(id);
        }
    };
    auto const began = std::chrono::steady_clock::now();
    TaskGroup group(ctx.get_executor(), failures.handler());
    must(group.spawn("a", tick(1, 33s, 2)));
    must(group.spawn("b", tick(2, 33s, 2)));
    must(group.spawn("c", tick(3, 22s, 3)));
    clock.advance(ctx, 66s);
    REQUIRE(group.empty());
    REQUIRE(order == std::vector<int>{3, 1, 2, 3, 1, 2, 3});
    REQUIRE(clock.utc_now().time_since_epoch() == 66s);
    REQUIRE(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE("the system clock sleeps and can be cancelled", "[clock]") {
    asio::io_context ctx{1};
    SystemClock clock;
    Root sleeper(ctx);
    Root cancelled(ctx);
    auto const began = clock.now();
    sleeper.start(pause(clock, 2ms));
    cancelled.start(pause(clock, 1h));
    cancelled.cancel();
    ctx.run_for(5s);
    REQUIRE(sleeper.succeeded());
    REQUIRE(cancelled.cancelled());
    REQUIRE(clock.now() - began >= 2ms);
    REQUIRE(clock.utc_now().time_since_epoch() > 0s);
}

TEST_CASE_METHOD(Fixture, "a manual clock must outlive its sleepers", "[clock]") {
    REQUIRE(aborts([&] {
        ManualClock other;
        Root sleeper(ctx);
        sleeper.start(pause(other, 1s));
        ctx.poll();
    }));
}

TEST_CASE("backoff doubles up to the cap, jitters fully and repeats for a seed", "[backoff]") {
    Backoff one(100ms, 1s, 42);
    Backoff same(100ms, 1s, 42);
    Backoff other(100ms, 1s, 43);
    bool differs = false;
    Clock::Duration lowest = 1s;
    Clock::Duration highest = 0s;
    Clock::Duration const ceilings[] = {100ms, 200ms, 400ms, 800ms, 1s, 1s};
    for (auto const ceiling : ceilings) {
        auto const wait = one.next();
        REQUIRE((wait >= 0s && wait <= ceiling));
        REQUIRE(wait == same.next());
        differs = differs || wait != other.next();
    }
    REQUIRE(differs);
    for (int i = 0; i < 1000; ++i) {
        auto const wait = one.next();
        lowest = std::min(lowest, wait);
        highest = std::max(highest, wait);
    }
    REQUIRE(lowest < 50ms);
    REQUIRE(highest > 950ms);
}

TEST_CASE_METHOD(Fixture, "a cancelled push leaves its room to the next", "[queue]") {
    BoundedQueue<int> queue(1);
    auto offer = [&](int n) { return queue.try_push(std::move(n)); };
    auto produce = [&](int n) -> awaitable<void> {
        bool const pushed =
            co_await queue.push(n);  // not inside an assertion: Catch2 would swallow the cancellation
        FAIL_CHECK("pushed " << pushed);
    };
    REQUIRE(offer(1));
    root.start(produce(2));
    settle();
    root.cancel();
    settle();
    REQUIRE(root.cancelled());
    REQUIRE(*queue.try_pop() == 1);
    REQUIRE(offer(3));
    REQUIRE(queue.size() == 1);
}

}  // namespace tributary::async
