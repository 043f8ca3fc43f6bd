#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/delivery/hook_transport.hpp"
#include "orchestrator/delivery/resender.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// Pushes the numbered Events of each Subscription over its channel, in order, at least once. A worker exists for a Subscription only while it has
/// something to send, retry or shake hands for; a slow endpoint delays nobody else. Owner: app. Thread: the loop. Ends: drain(), stop().
class Deliveries {
public:
    /// `stopped` is told the id of a Subscription that became off by itself (410, off_after, end), so that its Discovery can end.
    Deliveries(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        storage::Storage& storage,
        HookTransport transport,
        net::TlsContexts& tls,
        subscriptions::Rules rules,
        Settings settings,
        std::function<void(std::string const& id)> stopped,
        Logger logger,
        Metrics& metrics
    );
    ~Deliveries();

    /// These have something to deliver, or a handshake to make (created, re-activated: after the answer was written). Unknown ids are looked up. Never blocks.
    void wake(std::vector<std::string> const& subscriptions);
    /// The same of what a unit of work has told, whose fresh Events are taken and sent as they are where nothing else is under way.
    void wake(cache::Admitted& admitted);
    /// Off: like stop_subscription(), but the bindings of sockets that are to be told wait for the wake() that follows.
    void deactivate(std::string const& id);
    /// Asked for otherwise: what is running is cancelled. Where it still is of the same kind and for sockets, those that are bound stay so and are shaken
    /// hands with anew; the others are unbound. The wake() that follows does the rest.
    void replace_subscription(cache::SubscriptionRecord const& record, subscriptions::Plan const& plan);
    /// Deleted: what is queued is dropped, what is running is cancelled within 100 ms, its WebSocket bindings end.
    void stop_subscription(std::string const& id);
    /// At start: wakes every live Subscription with undelivered Events or an open handshake, in slices. Watches `end` and off_after from then on.
    awaitable<Result<void>> resume();

    /// For the operator; see Resender::send().
    awaitable<Result<Resent>> resend(async::Deadline deadline, std::string subscription, ResendRange range);

    /// For $get-ws-binding-token; 192 random bits, kept as a hash, redeemed once.
    BindingToken make_binding_token(std::vector<std::string> subscriptions);
    /// One WebSocket, from upgrade to close: bind, bind-with-token, replay, live. Given to HttpServer, whose sessions have ended before stop().
    awaitable<void> serve(net::WebSocketSession& session);

    /// Soft: attempts under way finish, no new ones start. Then cancel() and stop().
    awaitable<void> drain(async::Deadline deadline);
    void cancel();
    awaitable<void> stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::delivery
