#include "orchestrator/async/wait_list.hpp"

#include <optional>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/fatal.hpp"

namespace tributary::async {

struct WaitList::Waiter {
    Waiter(WaitList& list, const asio::any_io_executor& ex)
        : list_(list),
          timer_(ex, asio::steady_timer::time_point::max()),
          position_(list.waiters_.insert(list.waiters_.end(), this)) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() {
        if (!answer_) list_.waiters_.erase(position_);
    }

    WaitList& list_;
    asio::steady_timer timer_;  // an event: the answer decides, not the timer's error code (P10)
    std::list<Waiter*>::iterator position_;
    std::optional<Wake> answer_;
};

WaitList::~WaitList() {
    if (!waiters_.empty()) fatal("Semaphore or BoundedQueue destroyed while a coroutine waits in it");
}

awaitable<Wake> WaitList::wait() {
    auto ex = co_await asio::this_coro::executor;
    Waiter me(*this, ex);
    boost::system::error_code woken;
    co_await me.timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!me.answer_) throw boost::system::system_error(asio::error::operation_aborted);
    co_return *me.answer_;
}

void WaitList::answer_oldest(Wake answer) {
    Waiter& oldest = *waiters_.front();
    waiters_.pop_front();
    oldest.answer_ = answer;
    oldest.timer_.cancel();
}

bool WaitList::wake_one() {
    if (waiters_.empty()) return false;
    answer_oldest(Wake::granted);
    return true;
}

void WaitList::close_all() {
    while (!waiters_.empty()) answer_oldest(Wake::closed);
}

}  // namespace tributary::async
