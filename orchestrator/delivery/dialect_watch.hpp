#pragma once
#include <map>
#include <string>
#include <vector>

#include "orchestrator/async/clock.hpp"

namespace tributary::delivery {

/// Which Subscriptions of clients of the JSON dialect have no socket, and since when: such a client makes new ones whenever it reconnects, and leaves the
/// old ones behind. A restart counts from its own time. Owner: SocketHub. Thread: the loop. Source: clients 2.4.5, subscriptions E5.
class DialectWatch {
public:
    explicit DialectWatch(async::Clock& clock) : clock_(clock) {}

    void bound(std::string const& subscription) { left_.erase(subscription); }
    /// Its last socket has gone, or it never had one since the start.
    void left(std::string const& subscription) { left_.try_emplace(subscription, clock_.now()); }
    /// Those left alone for longer than that; they are forgotten.
    std::vector<std::string> take_overdue(async::Clock::Duration limit) {
        std::vector<std::string> overdue;
        for (auto it = left_.begin(); it != left_.end();) {
            if (clock_.now() - it->second < limit) {
                ++it;
                continue;
            }
            overdue.push_back(it->first);
            it = left_.erase(it);
        }
        return overdue;
    }

private:
    async::Clock& clock_;
    std::map<std::string, async::Clock::TimePoint> left_;
};

}  // namespace tributary::delivery
