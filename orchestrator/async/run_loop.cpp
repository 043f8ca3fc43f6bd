#include "orchestrator/async/run_loop.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace tributary::async {

int run_loop(asio::io_context& ctx, asio::awaitable<int> command) {
    int result = 0;
    std::exception_ptr failed;
    asio::co_spawn(ctx, std::move(command), [&](std::exception_ptr error, int value) {
        failed = std::move(error);
        result = value;
    });
    ctx.run();
    if (failed) std::rethrow_exception(failed);
    return result;
}

}  // namespace tributary::async
