#pragma once
#include <cstdint>
#include <string>

#include "orchestrator/delivery/event_text.hpp"
#include "orchestrator/delivery/socket_hub.hpp"
#include "subscriptions/delivery_decision.hpp"

namespace tributary::delivery {

/// One Subscription on one socket.
struct SocketHub::Binding {
    subscriptions::StatusHeader header;
    subscriptions::Kind kind = subscriptions::Kind::classic;
    std::int64_t cursor = 0;  ///< the highest number sent here
    async::Clock::TimePoint expires;
    async::Clock::TimePoint last_sent;
    bool feeding = false, again = false;
    bool dialect = false;      ///< bound by a frame of the JSON dialect, and spoken to in it
    std::string token;         ///< the one it was bound with, then; as a hash
    bool left_behind = false;  ///< only its like was ever bound: alone for long, the Subscription is off
    bool told_of_end = false;  ///< gets a frame when the Subscription is off
    bool retired = false;      ///< and it is off

    std::string const& subscription() const { return header.subscription_id; }
    /// Told by pings, not by Bundles.
    bool is_pinged() const { return kind == subscriptions::Kind::classic && !dialect; }
    void follow(subscriptions::Plan const& plan, std::string const& base, subscriptions::Rules const& rules) {
        header = status_header(base, header.subscription_id, plan);
        kind = plan.kind;
        if (dialect && kind == subscriptions::Kind::classic)
            header.content = subscriptions::Content::full_resource;
        told_of_end = subscriptions::tells_of_deactivation(plan, rules);
    }
};

}  // namespace tributary::delivery
