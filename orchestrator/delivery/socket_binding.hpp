#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "orchestrator/delivery/event_text.hpp"
#include "orchestrator/delivery/socket_hub.hpp"
#include "subscriptions/delivery_decision.hpp"

namespace tributary::delivery {

// Close codes of RFC 6455.
inline constexpr std::uint16_t kNormal = 1000, kProtocolError = 1002, kPolicy = 1008, kTryAgain = 1013;

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
    std::optional<cache::Utc> ends;  ///< of the Subscription: from then on nothing is sent

    bool silent(cache::Utc now) const { return retired || (ends && *ends <= now); }
    /// The next number, and nothing else is on its way.
    bool takes_now(std::int64_t number, cache::Utc now) const {
        return !feeding && !silent(now) && cursor + 1 == number;
    }
    std::string const& subscription() const { return header.subscription_id; }
    /// Told by pings, not by Bundles.
    bool is_pinged() const { return kind == subscriptions::Kind::classic && !dialect; }
    void follow(subscriptions::Plan const& plan, std::string const& base, subscriptions::Rules const& rules) {
        header = status_header(base, header.subscription_id, plan);
        kind = plan.kind;
        ends = plan.end;
        if (dialect && kind == subscriptions::Kind::classic)
            header.content = subscriptions::Content::full_resource;
        told_of_end = subscriptions::tells_of_deactivation(plan, rules);
    }
};

/// Bytes queued at a socket that it has not taken yet. Shared with what is told when it takes them.
struct SocketHub::Window {
    std::size_t bytes = 0;
    async::WaitList room;
};

struct SocketHub::Socket {
    Socket(net::WebSocketSession& opened, async::Clock::TimePoint now)
        : session(opened), unbound_since(now) {}

    net::WebSocketSession& session;
    std::map<std::string, std::shared_ptr<Binding>> bindings;
    std::shared_ptr<Window> window = std::make_shared<Window>();
    async::Clock::TimePoint unbound_since;
    /// When something about it ends: its place among all sockets.
    async::Clock::TimePoint due = async::Clock::TimePoint::max();
    async::TaskGroup* group = nullptr;
};

}  // namespace tributary::delivery
