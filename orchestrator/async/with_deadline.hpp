#pragma once
#include <utility>

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/results.hpp"

namespace tributary::async {

/// Runs op next to an alarm; true: op ended by itself, false: the alarm came first and op was cancelled and awaited.
/// Rethrows what op threw, operation_aborted if the caller was cancelled. Part of with_deadline(); not for other use.
awaitable<bool> race_deadline(Clock& clock, Deadline deadline, awaitable<void> op);

template <class T>
awaitable<void> run_into(awaitable<T> op, Outcome<T>& out) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(op);
        out.set_value();
    } else if constexpr (ResultOf<T>::is_result) {
        out.set_result(co_await std::move(op));
    } else {
        out.set_value(co_await std::move(op));
    }
}

/// Gives op until `deadline`. An op yielding Result<T> yields it here; any other T arrives as result<T>.
/// Deadline: at the deadline op is cancelled and awaited, so this returns by then if op honours terminal cancellation
/// (StorageThread and Worker calls do not). Expired on entry: op never starts. never(): no alarm, no cost.
/// A value op still delivers counts; an error it makes of the cancellation does not: timed_out() is reported.
/// Cancellation: terminal; op is cancelled and awaited, then operation_aborted is thrown, or op's result if it had ended.
/// Errors: timed_out(); exceptions of op pass through.
template <class T>
awaitable<AsResult<T>> with_deadline(Clock& clock, Deadline deadline, awaitable<T> op) {
    if (deadline.expired(clock)) co_return failure<T>(timed_out());
    Outcome<T> out;
    if (deadline.is_never()) {
        co_await run_into(std::move(op), out);
        co_return out.take();
    }
    bool const in_time = co_await race_deadline(clock, deadline, run_into(std::move(op), out));
    if (in_time || out.has_value()) co_return out.take();
    co_return failure<T>(timed_out());
}

}  // namespace tributary::async
