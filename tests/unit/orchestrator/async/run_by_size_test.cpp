#include "orchestrator/async/run_by_size.hpp"

#include <thread>

#include "tests/support/async.hpp"

namespace tributary::async {

TEST_CASE("what is about many bytes runs on the worker, what is about few runs at once", "[async][worker]") {
    asio::io_context ctx{1};
    Worker worker(ctx.get_executor());
    std::thread::id few, many;
    auto const both = [&]() -> awaitable<void> {
        auto where = [] { return std::this_thread::get_id(); };
        auto const here = co_await run_by_size(worker, kInlineBytes, where);
        auto const there = co_await run_by_size(worker, kInlineBytes + 1, where);
        few = here.value();
        many = there.value();
    };
    Root root(ctx);
    root.start(both());
    ctx.run();
    REQUIRE(root.succeeded());
    CHECK(few == std::this_thread::get_id());
    CHECK(many != std::this_thread::get_id());
}

}  // namespace tributary::async
