#pragma once
#include <optional>
#include <utility>

#include "orchestrator/async/wait_list.hpp"

namespace tributary::async {

/// A value that is set once and awaited by any number of coroutines. Owner: outlives every waiter.
/// Thread: the loop thread. T is copied to each waiter.
template <class T>
class OneShot {
public:
    void set(T value) {
        if (value_) return;
        value_.emplace(std::move(value));
        waiters_.close_all();
    }
    /// Deadline: none; wrap in with_deadline(). Cancellation: terminal; the place is given up. Errors: none.
    awaitable<T> wait() {
        if (!value_) (void)co_await waiters_.wait();
        co_return *value_;
    }

private:
    std::optional<T> value_;
    WaitList waiters_;
};

}  // namespace tributary::async
