// What ends by itself about sockets: one that nothing is bound to, and bindings by token. One task for all of them, so that a
// socket that is silent costs none.

#include <algorithm>
#include <utility>
#include <vector>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/delivery/socket_binding.hpp"

namespace tributary::delivery {

namespace {

using namespace std::chrono_literals;

constexpr auto kUnboundLimit = 30s;

}  // namespace

/// Bindings came, went or got another end.
void SocketHub::watch(Socket& socket) {
    auto due = async::Clock::TimePoint::max();
    if (socket.session.open() && socket.bindings.empty()) due = socket.unbound_since + kUnboundLimit;
    for (auto const& [id, binding] : socket.bindings) due = std::min(due, binding->expires);
    schedule(socket, due);
}

/// The greatest time: never.
void SocketHub::schedule(Socket& socket, async::Clock::TimePoint due) {
    auto const first = due_.empty() ? async::Clock::TimePoint::max() : due_.begin()->first;
    due_.erase({std::exchange(socket.due, due), &socket});
    if (due != async::Clock::TimePoint::max()) due_.insert({due, &socket});
    if (due_.empty() || due < first) sooner_.close_all();
    if (due_.empty() || watching_) return;
    watching_ = true;
    if (!tasks_.spawn("socket watch", watch_sockets())) watching_ = false;
}

/// As long as something is to end.
awaitable<void> SocketHub::watch_sockets() {
    while (!due_.empty()) {
        auto const next = async::Deadline::at(due_.begin()->first);
        auto sooner = sooner_.wait();
        (void)co_await async::with_deadline(clock_, next, std::move(sooner));
        while (!due_.empty() && due_.begin()->first <= clock_.now()) end_overdue(*due_.begin()->second);
    }
    watching_ = false;
}

void SocketHub::end_overdue(Socket& socket) {
    if (socket.bindings.empty()) {
        socket.session.close(kPolicy, "Nothing is bound");
        watch(socket);
        return;
    }
    std::vector<std::string> expired;
    bool dialect = false;
    for (auto const& [id, binding] : socket.bindings) {
        if (binding->expires > clock_.now()) continue;
        expired.push_back(id);
        dialect = dialect || binding->dialect;
    }
    for (auto const& id : expired) release(socket, id);
    // A client of the dialect does not notice silence; it comes back from a closed socket.
    if (dialect) socket.session.close(kNormal, "The token has ended");
    watch(socket);
}

}  // namespace tributary::delivery
