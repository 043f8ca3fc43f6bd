#include "orchestrator/async/worker.hpp"

#include <algorithm>
#include <latch>
#include <list>
#include <memory>
#include <thread>

#include "orchestrator/async/storage_thread.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "tests/support/async.hpp"

namespace tributary::async {

namespace {

struct NullStore {
    error_code begin() { return {}; }
    error_code commit() { return {}; }
    void rollback() noexcept {}
    int jobs_ = 0;
};
using Storage = StorageThread<NullStore>;

struct Picky {  // move-only, no default constructor
    explicit Picky(int n) : n_(std::make_unique<int>(n)) {}
    std::unique_ptr<int> n_;
};

struct WorkerFixture {
    asio::io_context ctx{1};
    Root root{ctx};
    std::latch gate{1};
    int resumed = 0;

    awaitable<void> count(Storage& storage) {
        auto work = [](NullStore& s) { ++s.jobs_; };
        auto const done = co_await storage.execute(work);
        if (done.has_value()) ++resumed;
    }
    awaitable<void> hold(Storage& storage) {
        auto work = [this](NullStore& s) {
            gate.wait();
            ++s.jobs_;
        };
        if ((co_await storage.execute(work)).has_value()) ++resumed;
    }
};

}  // namespace

TEST_CASE_METHOD(
    WorkerFixture, "void jobs, move-only results and exceptions cross the threads", "[worker][storage]"
) {
    Storage storage(ctx.get_executor(), std::make_unique<NullStore>());
    Worker worker(ctx.get_executor());
    auto body = [&]() -> awaitable<void> {
        auto read = [](NullStore&) { return Picky(1); };
        auto const row = co_await storage.execute(read);
        REQUIRE(*(*row).n_ == 1);
        auto nothing = [] {};
        REQUIRE((co_await worker.execute(nothing)).has_value());
        auto owned = std::make_unique<int>(41);
        auto consume = [data = std::move(owned)]() mutable {
            return Picky(*std::exchange(data, nullptr) + 1);
        };
        auto const hash = co_await worker.execute(std::move(consume));
        REQUIRE(*(*hash).n_ == 42);
        auto bug = []() -> int { throw std::runtime_error("boom"); };
        std::string what;
        try {
            what = (co_await worker.execute(bug)) ? "value" : "error";
        } catch (const std::runtime_error& e) {
            what = e.what();
        }
        REQUIRE(what == "boom");
    };
    root.start(body());
    ctx.run_for(5s);
    REQUIRE(root.what().empty());
}

TEST_CASE_METHOD(
    WorkerFixture, "a caller cancelled while its job is queued gets the result, then the cancel", "[storage]"
) {
    Storage storage(ctx.get_executor(), std::make_unique<NullStore>());
    SystemClock clock;
    auto body = [&]() -> awaitable<void> {
        co_await hold(storage);
        co_await clock.sleep_for(1h);
    };
    root.start(body());
    ctx.poll();
    root.cancel();
    ctx.restart();
    ctx.poll();
    REQUIRE_FALSE(root.finished());
    gate.count_down();
    ctx.restart();
    ctx.run_for(5s);
    REQUIRE(root.cancelled());
    REQUIRE(resumed == 1);
}

TEST_CASE_METHOD(WorkerFixture, "a caller cancelled before it asks queues nothing", "[storage]") {
    Storage storage(ctx.get_executor(), std::make_unique<NullStore>());
    root.start(count(storage));
    root.cancel();
    SECTION("before its first run") {}
    SECTION("in an earlier turn") {
        auto body = [&]() -> awaitable<void> {
            co_await asio::post(ctx, use_awaitable);
            co_await count(storage);
        };
        Root other(ctx);
        other.start(body());
        other.cancel();
        ctx.run_for(5s);
        REQUIRE(other.cancelled());
    }
    ctx.run_for(5s);
    REQUIRE(root.finished());
}

TEST_CASE_METHOD(WorkerFixture, "a deadline does not abandon a queued job", "[storage][deadline]") {
    Storage storage(ctx.get_executor(), std::make_unique<NullStore>());
    SystemClock clock;
    std::optional<boost::system::result<void>> out;
    auto body = [&]() -> awaitable<void> {
        auto task = hold(storage);
        out = co_await with_deadline(clock, Deadline::after(clock, 1ms), std::move(task));
    };
    root.start(body());
    ctx.run_for(20ms);
    REQUIRE_FALSE(out);
    gate.count_down();
    ctx.restart();
    ctx.run_for(5s);
    REQUIRE(out->has_value());  // it finished: its value counts, late as it is
}

TEST_CASE_METHOD(
    WorkerFixture, "stop finishes the queue, refuses newcomers and completes everybody", "[storage][worker]"
) {
    auto storage = std::make_unique<Storage>(ctx.get_executor(), std::make_unique<NullStore>());
    TaskGroup group(ctx.get_executor(), [](std::string_view, std::exception_ptr) { FAIL("a task failed"); });
    must(group.spawn("hold", hold(*storage)));
    for (int i = 0; i < 100; ++i) must(group.spawn("count", count(*storage)));
    ctx.poll();
    REQUIRE(storage->pending() == 101);
    gate.count_down();
    storage->stop();
    REQUIRE(storage->pending() == 0);
    REQUIRE(resumed == 0);
    must(group.spawn("late", count(*storage)));
    storage->stop();
    ctx.restart();
    ctx.run_for(5s);
    storage.reset();
    REQUIRE(group.empty());
    REQUIRE(resumed == 101);
}

TEST_CASE_METHOD(
    WorkerFixture, "a worker refuses who holds too much, and nobody who holds nothing", "[worker]"
) {
    Worker worker(ctx.get_executor(), 100);
    std::vector<std::string> outcomes;
    auto run = [&](std::string name, std::size_t bytes) -> awaitable<void> {
        auto work = [this] { gate.wait(); };
        auto const done = co_await worker.execute(std::move(work), bytes);
        if (done || done.error() == queue_full()) outcomes.push_back(name + (done ? " ran" : " refused"));
    };
    std::list<Root> roots;
    auto start = [&](std::string name, std::size_t bytes) { roots.emplace_back(ctx).start(run(name, bytes)); };
    start("large", 1000);
    start("small", 1);
    for (int i = 0; i < 2000; ++i) start("nothing", 0);
    ctx.run_for(50ms);
    CHECK(outcomes == std::vector<std::string>{"small refused"});
    gate.count_down();
    ctx.restart();
    ctx.run_for(20s);
    CHECK(outcomes.size() == 2002);
    CHECK(std::count(outcomes.begin(), outcomes.end(), "nothing ran") == 2000);
}

TEST_CASE_METHOD(WorkerFixture, "a worker destroyed with jobs pending finishes them", "[worker]") {
    int done = 0;
    auto held = [&](Worker& worker) -> awaitable<void> {
        auto work = [this] { gate.wait(); };
        if ((co_await worker.execute(work)).has_value()) ++done;
    };
    {
        Worker worker(ctx.get_executor());
        auto body = [&](int n) -> awaitable<void> {
            auto work = [n] { return n; };
            done += (co_await worker.execute(work)).value();
        };
        Root roots[] = {Root(ctx), Root(ctx), Root(ctx)};
        for (auto& each : roots) each.start(body(1));
        ctx.run_for(5s);
        REQUIRE(done == 3);
        ctx.restart();
        root.start(held(worker));
        ctx.poll();
        gate.count_down();
    }
    ctx.restart();
    ctx.run_for(5s);
    REQUIRE(root.finished());
    REQUIRE(done == 4);
}

TEST_CASE("frames completed but never resumed are destroyed with the loop", "[storage]") {
    std::latch gate{1};
    auto ctx = std::make_unique<asio::io_context>(1);
    auto storage = std::make_unique<Storage>(ctx->get_executor(), std::make_unique<NullStore>());
    auto body = [&](std::string text) -> awaitable<void> {
        auto work = [&gate](NullStore&) { gate.wait(); };
        auto const done = co_await storage->execute(work);
        text += done ? "a" : "b";
    };
    asio::co_spawn(*ctx, body(std::string(100, 'x')), [](std::exception_ptr) {});
    ctx->poll();
    gate.count_down();
    storage.reset();
    ctx.reset();  // no leak, no use after free: the sanitizers judge
    SUCCEED();
}

}  // namespace tributary::async
