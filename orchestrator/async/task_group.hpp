#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

namespace tributary::async {

namespace asio = boost::asio;
using asio::awaitable;

/// True for the exception by which a cancelled coroutine unwinds.
bool is_cancellation(const std::exception_ptr& error) noexcept;

/// The only way to start a coroutine. A member of the object whose methods it runs (last member), or opened by with_group().
/// Owner: joins before destruction; destroying a group with running tasks aborts the process in every build.
/// Thread: the loop thread. Ends: closed for good once cancel() was called or join() found it empty.
class TaskGroup {
public:
    /// Told the task's name and what it threw, on the loop thread, before join() can return. Must not throw. May cancel() the group.
    /// A failing task ends alone: its siblings go on. operation_aborted in a cancelled group is not a failure.
    using FailureHandler = std::function<void(std::string_view task, std::exception_ptr error)>;

    TaskGroup(asio::any_io_executor ex, FailureHandler on_failure);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    /// Runs the task at once up to its first suspension (P9). False: the group is closed, the task was destroyed unstarted.
    [[nodiscard]] bool spawn(std::string name, awaitable<void> task);

    /// Closes the group and asks every task to end with terminal cancellation, from a posted handler (P3, P4). Idempotent.
    void cancel();

    /// Waits until no task is left, those spawned meanwhile included, then closes the group.
    /// Deadline: none; bound it with cancel(). Errors: none, failures went to on_failure.
    /// Cancellation: terminal; cancels the tasks, still waits for them, then throws operation_aborted. The caller's
    /// cancellation state is left as it was. A caller that may already be cancelled uses with_group() instead: its
    /// `co_await join()` would throw before join() runs.
    awaitable<void> join();

    std::size_t size() const;
    bool empty() const { return size() == 0; }

private:
    friend awaitable<void> finish_group(TaskGroup& group, bool throws, std::exception_ptr failed);

    struct State;
    awaitable<bool> drain();

    std::shared_ptr<State> state_;  // shared with posted cancels and with the tasks' completion handlers
};

awaitable<void> finish_group(TaskGroup& group, bool throws, std::exception_ptr failed);

/// Runs `co_await body(group)`, then joins, whatever the body did: borrowing from the enclosing frame is safe.
/// The body is kept until all tasks have ended; pass a named object or a lambda that captures by reference only (P1).
/// Failing body: tasks are cancelled and awaited, then its exception goes on. Failing task: told to on_failure, not rethrown.
/// Deadline: none. Cancellation: terminal; body and tasks are cancelled and awaited, then operation_aborted is thrown.
template <class Body>
awaitable<void> with_group(TaskGroup::FailureHandler on_failure, Body body) {
    auto ex = co_await asio::this_coro::executor;
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    TaskGroup group(ex, std::move(on_failure));
    std::exception_ptr failed;
    try {
        co_await body(group);
    } catch (...) {
        failed = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(false
    );  // the next co_await must not throw: the group is not empty
    co_await finish_group(group, throws, failed);
}

/// The same without handler: when all have ended, rethrows the body's exception or else the first task's.
template <class Body>
awaitable<void> with_group(Body body) {
    std::exception_ptr first;
    auto keep_first = [&first](std::string_view, std::exception_ptr error) {
        if (!first) first = std::move(error);
    };
    TaskGroup::FailureHandler on_failure = std::ref(keep_first);
    std::exception_ptr failed;
    try {
        co_await with_group(std::move(on_failure), std::ref(body));
    } catch (...) {
        failed = std::current_exception();
    }
    if (failed && !(first && is_cancellation(failed))) std::rethrow_exception(failed);
    if (first) std::rethrow_exception(first);
}

}  // namespace tributary::async
