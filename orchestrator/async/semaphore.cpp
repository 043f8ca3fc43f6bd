#include "orchestrator/async/semaphore.hpp"

namespace tributary::async {

awaitable<Semaphore::Permit> Semaphore::acquire() {
    if (free_ > 0) {
        --free_;
    } else {
        co_await waiters_.wait();  // returns only when granted: nothing closes this list
    }
    co_return Permit(this);
}

std::optional<Semaphore::Permit> Semaphore::try_acquire() {
    if (free_ == 0) return std::nullopt;
    --free_;
    return Permit(this);
}

void Semaphore::put_back() noexcept {
    if (!waiters_.wake_one()) ++free_;  // handed over: a newcomer cannot steal it
}

}  // namespace tributary::async
