#include <latch>
#include <memory>

#include "orchestrator/async/storage_thread.hpp"
#include "orchestrator/async/worker.hpp"
#include "tests/support/async.hpp"

namespace tributary::async {

namespace {

error_code disk_full() { return make_error_code(boost::system::errc::no_space_on_device); }

/// Rows with transactions, and a tap for every fault. Read by the test only after stop() or between completions.
struct FakeStore {
    error_code begin() {
        if (begin_fails_) return disk_full();
        working_ = rows_;
        return {};
    }
    error_code commit() {
        if (working_.size() > most_rows_) return disk_full();
        rows_ = working_;
        ++commits_;
        return {};
    }
    void rollback() noexcept { ++rollbacks_; }
    void add(int row) { working_.push_back(row); }

    std::vector<int> rows_;
    std::vector<int> working_;
    std::size_t most_rows_ = 1000;
    bool begin_fails_ = false;
    int commits_ = 0;
    int rollbacks_ = 0;
};

using Storage = StorageThread<FakeStore>;
using Row = boost::system::result<int>;

struct ThreadFixture {
    asio::io_context ctx{1};
    FakeStore* store = nullptr;
    Failures failures;
    std::latch started{1};
    std::latch gate{1};
    std::vector<std::string> seen;

    std::unique_ptr<FakeStore> make_store() {
        auto made = std::make_unique<FakeStore>();
        store = made.get();
        return made;
    }
    auto adds(int row) const {
        return [row](FakeStore& s) -> Row {
            s.add(row);
            if (row < 0) return make_error_code(boost::system::errc::invalid_argument);
            if (row == 0) throw std::runtime_error("zero");
            return row;
        };
    }
    awaitable<void> submit(Storage& storage, int row) {
        auto work = adds(row);
        try {
            Row const r = co_await storage.execute(std::move(work));
            seen.push_back(std::to_string(row) + (r ? " ok" : " " + std::to_string(r.error().value())));
        } catch (const std::runtime_error& e) {
            seen.push_back(std::to_string(row) + " " + e.what());
        }
    }
    /// Holds the thread until gate opens, so that all that follows becomes one batch.
    awaitable<void> hold(Storage& storage) {
        auto work = [this](FakeStore&) {
            started.count_down();
            gate.wait();
        };
        co_await storage.execute(std::move(work));
    }
    void run_batch(Storage& storage, const std::vector<int>& rows) {
        TaskGroup group(ctx.get_executor(), failures.handler());
        must(group.spawn("hold", hold(storage)));
        ctx.poll();
        started.wait();
        for (int row : rows) must(group.spawn("submit", submit(storage, row)));
        ctx.restart();
        ctx.poll();
        gate.count_down();
        ctx.restart();
        ctx.run_for(5s);
        REQUIRE(group.empty());
        REQUIRE(failures.seen_.empty());
        storage.stop();
    }
    std::string code(error_code c) const { return std::to_string(c.value()); }
};

}  // namespace

TEST_CASE_METHOD(ThreadFixture, "jobs that wait together share one commit", "[storage]") {
    Storage storage(ctx.get_executor(), make_store());
    run_batch(storage, {1, 2, 3});
    REQUIRE(seen == std::vector<std::string>{"1 ok", "2 ok", "3 ok"});
    REQUIRE(store->rows_ == std::vector<int>{1, 2, 3});
    REQUIRE(store->commits_ == 2);  // the holder's and one for the three
    REQUIRE(store->rollbacks_ == 0);
}

TEST_CASE_METHOD(ThreadFixture, "a bad job fails alone", "[storage]") {
    Storage storage(ctx.get_executor(), make_store());
    int const bad = GENERATE(-1, 0);
    run_batch(storage, {1, bad, 3});
    auto const reason =
        bad == 0 ? "0 zero" : "-1 " + code(make_error_code(boost::system::errc::invalid_argument));
    REQUIRE(seen == std::vector<std::string>{"1 ok", reason, "3 ok"});
    REQUIRE(store->rows_ == std::vector<int>{1, 3});
    REQUIRE(store->rollbacks_ == 2);  // the batch, then the bad job
}

TEST_CASE_METHOD(
    ThreadFixture, "a failed commit fails only the jobs that fail to commit alone", "[storage]"
) {
    Storage storage(ctx.get_executor(), make_store());
    store->most_rows_ = 2;
    run_batch(storage, {1, 2, 3});
    REQUIRE(seen == std::vector<std::string>{"1 ok", "2 ok", "3 " + code(disk_full())});
    REQUIRE(store->rows_ == std::vector<int>{1, 2});
}

TEST_CASE_METHOD(ThreadFixture, "a failed begin fails the batch", "[storage]") {
    Storage storage(ctx.get_executor(), make_store());
    store->begin_fails_ = true;
    gate.count_down();
    TaskGroup group(ctx.get_executor(), failures.handler());
    for (int i = 1; i <= 3; ++i) must(group.spawn("submit", submit(storage, i)));
    ctx.run_for(5s);
    auto const reason = " " + code(disk_full());
    REQUIRE(seen == std::vector<std::string>{"1" + reason, "2" + reason, "3" + reason});
}

TEST_CASE_METHOD(ThreadFixture, "a job completes only after its commit, on the loop thread", "[storage]") {
    Storage storage(ctx.get_executor(), make_store());
    auto const loop = std::this_thread::get_id();
    auto body = [&]() -> awaitable<void> {
        auto work = adds(1);
        auto const row = co_await storage.execute(std::move(work));
        REQUIRE(row.value() == 1);
        REQUIRE(store->rows_.size() == 1);
        REQUIRE(std::this_thread::get_id() == loop);
        auto elsewhere = [](FakeStore&) { return std::this_thread::get_id(); };
        auto const id = co_await storage.execute(elsewhere);
        REQUIRE(id.value() != loop);
    };
    Root root(ctx);
    root.start(body());
    ctx.run_for(5s);
    REQUIRE(root.succeeded());
}

TEST_CASE_METHOD(ThreadFixture, "the queue is bounded by jobs and by bytes", "[storage]") {
    JobThread::Limits limits;
    bool const by_bytes = GENERATE(false, true);
    if (by_bytes) limits.bytes = 100;
    if (!by_bytes) limits.jobs = 2;
    Storage storage(ctx.get_executor(), make_store(), limits);
    std::optional<boost::system::result<void>> first;
    std::optional<boost::system::result<void>> second;
    std::optional<boost::system::result<void>> third;
    auto put = [&](std::size_t bytes, auto& out) -> awaitable<void> {
        auto work = [this](FakeStore&) { gate.wait(); };
        out = co_await storage.execute(std::move(work), bytes);
    };
    Root roots[] = {Root(ctx), Root(ctx), Root(ctx)};
    roots[0].start(put(by_bytes ? 90 : 1000, first));  // larger than the bound is taken when alone
    roots[1].start(put(10, second));
    roots[2].start(put(10, third));
    ctx.run_for(50ms);
    REQUIRE(third->error() == queue_full());
    REQUIRE(storage.pending() == 2);
    gate.count_down();
    ctx.restart();
    ctx.run_for(5s);
    REQUIRE(first->has_value());
    REQUIRE(second->has_value());
    REQUIRE(storage.pending() == 0);
}

}  // namespace tributary::async
