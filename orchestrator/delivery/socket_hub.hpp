#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/delivery/binding_tokens.hpp"
#include "orchestrator/delivery/delivery_metrics.hpp"
#include "orchestrator/delivery/dialect_watch.hpp"
#include "orchestrator/delivery/heartbeats.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/storage/storage.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// The WebSockets of apps, and which Subscriptions each is bound to. An Event of a bound Subscription is sent to each of its sockets; the first that
/// takes the frame makes it delivered. A socket that reads slower than it is sent to gets no more than a window at once (a longer message when nothing
/// else is unsent), and is closed when it takes nothing for long; its Events stay. Owner: Deliveries. Thread: the loop. Ends: cancel(), stop(), after the sessions have ended.
/// Source: subscriptions A7, B17, E5.
class SocketHub {
public:
    SocketHub(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        storage::Storage& storage,
        BindingTokens& tokens,
        Heartbeats& heartbeats,
        subscriptions::Rules const& rules,
        Settings const& settings,
        Logger logger,
        DeliveryMetrics& metrics
    );

    /// One socket, from upgrade to close. Cancellation: terminal; its bindings end, nothing undelivered is lost.
    awaitable<void> serve(net::WebSocketSession& session);

    /// The Subscription has new Events.
    void feed(std::string const& subscription);
    /// The same, with the Events: sent at once where they are the next and there is room.
    void feed(cache::FreshEvents const& fresh);
    /// The Subscription was changed: bindings say from now on what it says.
    void refresh(std::string const& subscription, subscriptions::Plan const& plan);
    /// It was asked for otherwise: where it still is of the kind that was bound, its sockets are shaken hands with anew and go on; else they are unbound.
    void replace(cache::SubscriptionRecord const& record, subscriptions::Plan const& plan);
    /// Since when the most silent of its sockets has been sent nothing. Empty: none is bound.
    std::optional<async::Clock::TimePoint> silent_since(std::string const& subscription) const;
    /// To each of its sockets, each after its handshake.
    void beat(cache::SubscriptionRecord const& record);
    /// The Subscription is off: it is fed no more. Sockets that are to be told wait for tell(), the others are unbound.
    void retire(std::string const& subscription);
    /// It is on again: who was retired has to bind anew.
    void unbind_retired(std::string const& subscription);
    /// The last frame of a retired Subscription.
    void tell(cache::SubscriptionRecord const& record, cache::Utc last_event);
    /// The Subscription is off, deleted, or no longer for sockets.
    void unbind(std::string const& subscription);

    /// Nobody is bound to it, and only clients of the JSON dialect ever were; told of each such Subscription after a start.
    void left_behind(std::string const& subscription) { dialect_watch_.left(subscription); }
    /// Those that were left behind for longer than is allowed, each told once.
    std::vector<std::string> take_left_behind() {
        return dialect_watch_.take_overdue(settings_.dialect_unbound);
    }

    void cancel() { tasks_.cancel(); }
    awaitable<void> stop() { return tasks_.join(); }

private:
    struct Binding;
    struct Window;
    struct Socket;
    class Registration;
    /// How long a binding lasts, and how it is spoken to.
    struct Terms {
        async::Clock::TimePoint expires = async::Clock::TimePoint::max();
        bool dialect = false;
        std::string token = {};  ///< of the dialect, as a hash
    };

    awaitable<void> read_commands(Socket& socket);
    awaitable<void> bind(Socket& socket, std::string id);
    awaitable<void> bind_with_token(Socket& socket, std::string token, bool dialect);
    void unbind_from_token(Socket& socket, std::string const& token);
    std::optional<subscriptions::Plan> usable_plan(cache::FoundSubscription const& found) const;
    void welcome(
        Socket& socket,
        cache::SubscriptionRecord const& record,
        subscriptions::Plan const& plan,
        Terms const& terms
    );
    bool shake_hands(Socket& socket, Binding& binding, cache::SubscriptionRecord const& record);
    void note_binding(Binding& binding, cache::SubscriptionRecord const& record);
    awaitable<Result<cache::FoundSubscription>> find_to_bind(std::string id, bool dialect);
    std::vector<Socket*> sockets_of(std::string const& subscription) const;
    bool send_to(Socket& socket, Binding& binding, std::string text);
    void end(Socket& socket, std::string const& subscription);
    void release(Socket& socket, std::string const& subscription);
    void watch(Socket& socket);
    void schedule(Socket& socket, async::Clock::TimePoint due);
    awaitable<void> watch_sockets();
    void end_overdue(Socket& socket);
    void start_feeding(Socket& socket, std::shared_ptr<Binding> const& binding);
    awaitable<void> feed_binding(Socket& socket, std::shared_ptr<Binding> binding);
    std::string text_of(Binding const& binding, cache::EventRecord const& event) const;
    bool send_event(Socket& socket, Binding& binding, cache::EventRecord const& event, std::string text);
    awaitable<bool> send_slice(Socket& socket, std::shared_ptr<Binding> const& binding);
    bool has_room(Socket const& socket, std::size_t bytes) const;
    awaitable<bool> wait_for_room(Socket& socket, std::size_t bytes);
    bool send(Socket& socket, std::string text, std::function<void()> written = {});
    bool send_numbered(
        Socket& socket, std::string const& subscription, std::int64_t number, cache::Utc at, std::string text
    );
    std::int64_t handed_over(cache::SubscriptionRecord const& record) const;
    void delivered(std::string const& subscription, std::int64_t number, cache::Utc at);
    awaitable<void> record_deliveries(std::string subscription);

    async::Clock& clock_;
    storage::Storage& storage_;
    BindingTokens& tokens_;
    Heartbeats& heartbeats_;
    subscriptions::Rules const& rules_;
    Settings const& settings_;
    Logger logger_;
    DeliveryMetrics& metrics_;
    std::unordered_map<std::string, std::set<Socket*>> by_subscription_;
    std::unordered_map<std::string, std::int64_t>
        written_;  ///< highest number a socket took, until it is recorded
    std::set<std::pair<async::Clock::TimePoint, Socket*>> due_;  ///< sockets of which something ends
    async::WaitList sooner_;                                     ///< the first of these is another one
    bool watching_ = false;
    DialectWatch dialect_watch_{clock_};
    async::TaskGroup tasks_;  ///< last
};

}  // namespace tributary::delivery
