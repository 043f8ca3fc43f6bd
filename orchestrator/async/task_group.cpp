#include "orchestrator/async/task_group.hpp"

#include <list>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/fatal.hpp"

namespace tributary::async {

bool is_cancellation(const std::exception_ptr& error) noexcept {
    if (!error) return false;
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

struct TaskGroup::State {
    struct Task {
        explicit Task(std::string name) : name_(std::move(name)) {}
        std::string name_;
        asio::cancellation_signal signal_;
    };

    State(asio::any_io_executor ex, FailureHandler on_failure)
        : ex_(std::move(ex)),
          on_failure_(std::move(on_failure)),
          idle_(ex_, asio::steady_timer::time_point::max()) {}

    void finish(std::list<Task>::iterator task, const std::exception_ptr& error) noexcept {
        if (error && !(cancelled_ && is_cancellation(error))) on_failure_(task->name_, error);
        live_.erase(task);
        if (live_.empty())
            idle_.cancel();  // a waiter tested live_ in the turn in which it began to wait: nothing is lost
    }

    asio::any_io_executor ex_;
    FailureHandler on_failure_;
    asio::steady_timer idle_;
    std::list<Task> live_;
    bool closed_ = false;
    bool cancelled_ = false;
};

TaskGroup::TaskGroup(asio::any_io_executor ex, FailureHandler on_failure)
    : state_(std::make_shared<State>(std::move(ex), std::move(on_failure))) {}

TaskGroup::~TaskGroup() {
    if (!empty()) fatal("TaskGroup destroyed while a task runs:", state_->live_.front().name_.c_str());
}

std::size_t TaskGroup::size() const { return state_->live_.size(); }

bool TaskGroup::spawn(std::string name, awaitable<void> task) {
    if (state_->closed_) return false;
    auto const position = state_->live_.emplace(state_->live_.end(), std::move(name));
    auto on_end = [state = state_, position](std::exception_ptr error) { state->finish(position, error); };
    asio::co_spawn(
        state_->ex_,
        std::move(task),
        asio::bind_cancellation_slot(position->signal_.slot(), std::move(on_end))
    );
    return true;
}

void TaskGroup::cancel() {
    if (std::exchange(state_->cancelled_, true)) return;
    state_->closed_ = true;
    asio::post(state_->ex_, [state = state_] {
        for (auto task = state->live_.begin(); task != state->live_.end();) {
            (task++)->signal_.emit(asio::cancellation_type::terminal);
        }
    });
}

awaitable<bool> TaskGroup::drain() {
    bool interrupted = false;
    while (!state_->live_.empty()) {
        auto const state = co_await asio::this_coro::cancellation_state;
        if ((state.cancelled() & asio::cancellation_type::terminal) != asio::cancellation_type::none) {
            interrupted = true;
            cancel();
        }
        boost::system::error_code woken;
        co_await state_->idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    state_->closed_ = true;
    co_return interrupted;
}

awaitable<void> TaskGroup::join() {
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    bool const interrupted = co_await drain();
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (interrupted && throws) throw boost::system::system_error(asio::error::operation_aborted);
}

awaitable<void> finish_group(TaskGroup& group, bool throws, std::exception_ptr failed) {
    if (failed) group.cancel();
    bool const interrupted = co_await group.drain();
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (failed) std::rethrow_exception(failed);
    if (interrupted && throws) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace tributary::async
