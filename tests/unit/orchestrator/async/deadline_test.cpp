#include <memory>

#include "orchestrator/async/backoff.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "tests/support/async.hpp"

namespace tributary::async {

namespace {

struct Failure {  // a house error: built from a code, not an error_code itself
    Failure() = default;
    Failure(error_code code) : code_(code) {}
    error_code code_;
};
struct Body {  // move-only, no default constructor
    explicit Body(int n) : n_(std::make_unique<int>(n)) {}
    std::unique_ptr<int> n_;
};
using Answer = boost::system::result<Body, Failure>;

awaitable<Answer> answer(Clock& clock, Clock::Duration d, int n) {
    if (d > 0ms) co_await clock.sleep_for(d);
    co_return Body(n);
}
awaitable<Answer> refuse(Clock& clock, Clock::Duration d) {
    co_await clock.sleep_for(d);
    co_return Failure(make_error_code(boost::system::errc::connection_refused));
}

struct DeadlineFixture : Fixture {
    template <class T>
    void start(awaitable<T> op, Deadline deadline, std::optional<AsResult<T>>& out) {
        auto body = [](Clock& c, awaitable<T> o, Deadline d, std::optional<AsResult<T>>& dst
                    ) -> awaitable<void> { dst.emplace(co_await with_deadline(c, d, std::move(o))); };
        root.start(body(clock, std::move(op), deadline, out));
    }
    Deadline in(Clock::Duration d) const { return Deadline::after(clock, d); }
};

}  // namespace

TEST_CASE_METHOD(DeadlineFixture, "an operation under a deadline", "[deadline]") {
    std::optional<Answer> out;
    SECTION("succeeds") {
        start(answer(clock, 10ms, 7), in(100ms), out);
        clock.advance(ctx, 10ms);
        REQUIRE(*(**out).n_ == 7);
    }
    SECTION("completes immediately") {
        start(answer(clock, 0ms, 7), in(100ms), out);
        settle();
        REQUIRE(*(**out).n_ == 7);
    }
    SECTION("fails early and is not held until the deadline") {
        start(refuse(clock, 10ms), in(100ms), out);
        clock.advance(ctx, 10ms);
        REQUIRE(out->error().code_ == boost::system::errc::connection_refused);
    }
    SECTION("is cut off") {
        start(answer(clock, 1s, 7), in(100ms), out);
        clock.advance(ctx, 99ms);
        REQUIRE_FALSE(root.finished());
        clock.advance(ctx, 1ms);
        REQUIRE(out->error().code_ == timed_out());
    }
    SECTION("never() sets no alarm") {
        start(answer(clock, 10ms, 7), Deadline::never(), out);
        settle();
        REQUIRE(clock.sleepers() == 1);
        clock.advance(ctx, 10ms);
        REQUIRE(out->has_value());
    }
    SECTION("is not started when the deadline has passed") {
        start(answer(clock, 0ms, 7), in(0ms), out);
        settle();
        REQUIRE(out->error().code_ == timed_out());
    }
    REQUIRE(root.succeeded());
    REQUIRE(clock.sleepers() == 0);
}

TEST_CASE_METHOD(DeadlineFixture, "an operation under a deadline that throws", "[deadline]") {
    std::optional<boost::system::result<void>> out;
    SECTION("before it") {
        start(fail_after(clock, 10ms, "boom"), in(100ms), out);
        clock.advance(ctx, 10ms);
    }
    SECTION("at once") {
        start(fail_after(clock, 0ms, "boom"), in(100ms), out);
        settle();
    }
    SECTION("while it is being cut off: a bug is not a timeout") {
        auto op = [&]() -> awaitable<void> {
            try {
                co_await clock.sleep_for(1s);
            } catch (const boost::system::system_error&) {
                throw std::runtime_error("boom");
            }
        };
        start(op(), in(100ms), out);
        clock.advance(ctx, 100ms);
    }
    REQUIRE(root.what() == "boom");
    REQUIRE(clock.sleepers() == 0);
}

TEST_CASE_METHOD(DeadlineFixture, "operation and alarm in the same turn", "[deadline]") {
    std::optional<Answer> out;
    auto op = [&]() -> awaitable<Answer> {
        co_await clock.sleep_for(50ms);
        co_await clock.sleep_for(50ms);  // registered after the alarm
        co_return Body(7);
    };
    SECTION("operation registered first: its result counts") {
        start(answer(clock, 100ms, 7), in(100ms), out);
    }
    SECTION("alarm registered first: the result still counts, it was complete") {
        start(op(), in(100ms), out);
    }
    clock.advance(ctx, 100ms);
    REQUIRE(root.succeeded());
    REQUIRE(out->has_value());
}

TEST_CASE_METHOD(DeadlineFixture, "a caller cancelled under a deadline", "[deadline]") {
    std::optional<Answer> out;
    SECTION("while it waits") {
        start(answer(clock, 50ms, 7), in(100ms), out);
        settle();
        root.cancel();
        settle();
        REQUIRE(root.cancelled());
    }
    SECTION("in the turn in which the operation completes: the result is delivered") {
        auto canceller = [&]() -> awaitable<void> {
            co_await clock.sleep_for(50ms);
            root.cancel();
        };
        Root other(ctx);
        start(answer(clock, 50ms, 7), in(100ms), out);
        settle();
        other.start(canceller());
        clock.advance(ctx, 50ms);
        REQUIRE(root.succeeded());
        REQUIRE(out->has_value());
    }
    SECTION("in the turn of the alarm") {
        auto canceller = [&]() -> awaitable<void> {
            co_await clock.sleep_for(100ms);
            root.cancel();
        };
        Root other(ctx);
        other.start(canceller());
        start(answer(clock, 1s, 7), in(100ms), out);
        clock.advance(ctx, 100ms);
        REQUIRE(root.finished());
    }
    SECTION("from within the operation, which then returns without suspending") {
        auto op = [&]() -> awaitable<Answer> {
            root.cancel();
            co_return Body(7);
        };
        start(op(), in(100ms), out);
        settle();
        REQUIRE(root.finished());
    }
    SECTION("before its first run") {
        start(answer(clock, 50ms, 7), in(100ms), out);
        root.cancel();
        settle();
        REQUIRE(root.cancelled());
    }
    REQUIRE(clock.sleepers() == 0);
}

TEST_CASE_METHOD(DeadlineFixture, "a deadline cuts an operation with a group of its own", "[deadline]") {
    std::optional<boost::system::result<int>> out;
    auto member_style = [&]() -> awaitable<int> {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("child", pause(clock, 2s)));
        co_await group.join();
        co_return 7;
    };
    auto framed = [&]() -> awaitable<int> {
        auto body = [&](TaskGroup& group) -> awaitable<void> {
            must(group.spawn("child", pause(clock, 2s)));
            co_return;
        };
        co_await with_group(std::ref(body));
        co_return 7;
    };
    SECTION("joined") { start(member_style(), in(100ms), out); }
    SECTION("with_group") { start(framed(), in(100ms), out); }
    clock.advance(ctx, 100ms);
    REQUIRE(root.succeeded());
    REQUIRE(out->error() == timed_out());
    REQUIRE(clock.sleepers() == 0);
}

}  // namespace tributary::async
