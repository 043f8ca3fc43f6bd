#pragma once
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "orchestrator/async/worker.hpp"

namespace tributary::async {

/// Above it a parse, or the writing of an answer, takes some ms.
inline constexpr std::size_t kInlineBytes = 128 * 1024;

/// Runs `R work()`, which reads or writes so many bytes: here, or on the worker when they are many. What it borrows outlives the call.
/// Deadline: none. Cancellation: as the worker's: the work finishes. Errors: as the worker's; Result<T> comes as it is, any other R as result<R>.
template <class Work>
    requires std::invocable<Work>
auto run_by_size(Worker& worker, std::size_t bytes, Work work)
    -> awaitable<AsResult<std::invoke_result_t<Work>>> {
    if (bytes <= kInlineBytes) co_return work();
    co_return co_await worker.execute(std::move(work), bytes);
}

}  // namespace tributary::async
