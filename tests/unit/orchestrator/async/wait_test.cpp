#include <memory>

#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "tests/support/async.hpp"

namespace tributary::async {

namespace {

struct WaitFixture : Fixture {
    std::vector<int> order;
    awaitable<void> enter(Semaphore& semaphore, int id, Clock::Duration hold) {
        auto permit = co_await semaphore.acquire();
        order.push_back(id);
        if (hold > 0ms) co_await clock.sleep_for(hold);
    }
    using Item = std::unique_ptr<int>;
    awaitable<void> consume(BoundedQueue<Item>& queue, int times) {
        for (int i = 0; i < times; ++i) {
            auto item = co_await queue.pop();
            order.push_back(item ? **item : -1);
        }
    }
    awaitable<void> produce(BoundedQueue<Item>& queue, int n) {
        auto item = std::make_unique<int>(n);
        if (!co_await queue.push(std::move(item))) order.push_back(-n);
    }
    static bool offer(BoundedQueue<Item>& queue, int n) { return queue.try_push(std::make_unique<int>(n)); }
};

}  // namespace

TEST_CASE_METHOD(WaitFixture, "permits are granted in order and a newcomer cannot steal one", "[semaphore]") {
    Semaphore semaphore(2);
    TaskGroup group(ctx.get_executor(), failures.handler());
    for (int i = 0; i < 6; ++i) must(group.spawn("enter", enter(semaphore, i, 10ms)));
    settle();
    REQUIRE(order == std::vector<int>{0, 1});
    REQUIRE(semaphore.waiting() == 4);
    REQUIRE_FALSE(semaphore.try_acquire());
    auto newcomer = [&]() -> awaitable<void> {
        co_await clock.sleep_for(10ms);  // due after the holders, before the woken waiters resume
        co_await enter(semaphore, 99, 0ms);
    };
    must(group.spawn("newcomer", newcomer()));
    clock.advance(ctx, 100ms);
    REQUIRE(order == std::vector<int>{0, 1, 2, 3, 4, 5, 99});
    REQUIRE(semaphore.available() == 2);
    REQUIRE(group.empty());
}

TEST_CASE_METHOD(WaitFixture, "a cancelled acquire", "[semaphore]") {
    Semaphore semaphore(1);
    std::optional<Semaphore::Permit> held = semaphore.try_acquire();
    TaskGroup others(ctx.get_executor(), failures.handler());
    root.start(enter(semaphore, 1, 10ms));
    SECTION("leaves the line") {
        must(others.spawn("behind", enter(semaphore, 2, 0ms)));
        settle();
        root.cancel();
        settle();
        REQUIRE(root.cancelled());
        held.reset();
        settle();
        REQUIRE(order == std::vector<int>{2});
    }
    SECTION("keeps the permit granted in the same turn, and gives it back") {
        settle();
        bool const cancel_first =
            GENERATE(false, true);  // either way the grant comes before the coroutine resumes
        if (cancel_first) root.cancel();
        asio::post(ctx, [&] { held.reset(); });
        if (!cancel_first) root.cancel();
        settle();
        REQUIRE(root.cancelled());
        REQUIRE(order == std::vector<int>{1});
    }
    SECTION("before its first run") {
        root.cancel();
        settle();
        REQUIRE(root.cancelled());
        held.reset();
    }
    settle();
    REQUIRE(semaphore.available() == 1);
    REQUIRE(semaphore.waiting() == 0);
}

TEST_CASE_METHOD(WaitFixture, "a permit moves and is given back once", "[semaphore]") {
    Semaphore semaphore(2);
    auto one = semaphore.try_acquire();
    auto two = semaphore.try_acquire();
    *one = std::move(*two);
    REQUIRE(semaphore.available() == 1);
    one->release();
    one->release();
    one.reset();
    two.reset();
    REQUIRE(semaphore.available() == 2);
    REQUIRE(aborts([&] {
        Semaphore local(0);
        root.start(enter(local, 1, 0ms));
        ctx.poll();
    }));
}

TEST_CASE_METHOD(WaitFixture, "a queue hands items over in order", "[queue]") {
    BoundedQueue<Item> queue(2);
    TaskGroup group(ctx.get_executor(), failures.handler());
    SECTION("consumer first") { must(group.spawn("consume", consume(queue, 5))); }
    for (int i = 1; i <= 5; ++i) must(group.spawn("produce", produce(queue, i)));
    settle();
    SECTION("producers first") {
        REQUIRE(queue.size() == 2);
        REQUIRE(queue.full());
        must(group.spawn("consume", consume(queue, 5)));
    }
    SECTION("two consumers take turns") {
        must(group.spawn("consume", consume(queue, 3)));
        must(group.spawn("consume", consume(queue, 2)));
    }
    settle();
    REQUIRE(group.empty());
    REQUIRE(order == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE_METHOD(WaitFixture, "overflow policies", "[queue]") {
    BoundedQueue<Item> queue(2);
    REQUIRE(offer(queue, 1));
    REQUIRE(offer(queue, 2));
    auto third = std::make_unique<int>(3);
    REQUIRE_FALSE(queue.try_push(std::move(third)));
    REQUIRE(third != nullptr);  // refused: untouched
    REQUIRE(**queue.try_pop() == 1);
    REQUIRE(queue.try_push(std::move(third)));
    root.start(consume(queue, 2));
    settle();
    REQUIRE(order == std::vector<int>{2, 3});
    REQUIRE_FALSE(queue.try_pop());
}

TEST_CASE_METHOD(WaitFixture, "close lets consumers drain and wakes everybody", "[queue]") {
    BoundedQueue<Item> queue(1);
    TaskGroup group(ctx.get_executor(), failures.handler());
    SECTION("producers waiting") {
        REQUIRE(offer(queue, 1));
        must(group.spawn("produce", produce(queue, 2)));
        settle();
        queue.close();
        settle();
        must(group.spawn("consume", consume(queue, 2)));
        settle();
        REQUIRE(order == std::vector<int>{-2, 1, -1});
    }
    SECTION("a producer that was promised room in the same turn") {
        REQUIRE(offer(queue, 1));
        must(group.spawn("produce", produce(queue, 2)));
        settle();
        REQUIRE(**queue.try_pop() == 1);
        queue.close();
        settle();
        REQUIRE(order == std::vector<int>{-2});
        REQUIRE(queue.size() == 0);
    }
    SECTION("consumers waiting") {
        must(group.spawn("consume", consume(queue, 1)));
        settle();
        queue.close();
        REQUIRE_FALSE(offer(queue, 1));
        settle();
        REQUIRE(order == std::vector<int>{-1});
    }
    REQUIRE(group.empty());
}

TEST_CASE_METHOD(WaitFixture, "a cancelled pop loses no item and no permit", "[queue]") {
    BoundedQueue<Item> queue(1);
    root.start(consume(queue, 1));
    settle();
    int const kind = GENERATE(0, 1, 2);  // cancel alone; cancel then push; push then cancel
    if (kind != 2) root.cancel();
    if (kind != 0) asio::post(ctx, [&] { must(offer(queue, 1)); });
    if (kind == 2) root.cancel();
    settle();
    REQUIRE(root.finished());
    REQUIRE(order == (kind == 0 ? std::vector<int>{} : std::vector<int>{1}));
    REQUIRE(queue.size() == 0);
    REQUIRE(offer(queue, 2));  // the room is back, too
    Root next(ctx);
    next.start(consume(queue, 1));
    settle();
    REQUIRE(next.succeeded());
    REQUIRE(order.back() == 2);
}

}  // namespace tributary::async
