#include "orchestrator/async/with_deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/task_group.hpp"

namespace tributary::async {

awaitable<bool> race_deadline(Clock& clock, Deadline deadline, awaitable<void> op) {
    auto ex = co_await asio::this_coro::executor;
    auto race = asio::experimental::make_parallel_group(
        asio::co_spawn(ex, std::move(op), asio::deferred),
        asio::co_spawn(ex, clock.sleep_until(deadline.when()), asio::deferred)
    );
    // wait_for_one, not wait_for_one_success: an early error returns early (P5)
    auto [order, failed, slept] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    bool const alarm_first = order[0] == 1 && !slept;
    if (failed && !(alarm_first && is_cancellation(failed))) std::rethrow_exception(failed);
    co_return !alarm_first;
}

}  // namespace tributary::async
