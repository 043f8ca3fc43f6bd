#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/delivery/attempt_slots.hpp"
#include "orchestrator/delivery/delivery_metrics.hpp"
#include "orchestrator/delivery/hook_transport.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/pacing/circuit_breaker.hpp"
#include "subscriptions/delivery_decision.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// One request to an endpoint, without what belongs to the channel. Not an aggregate (CONTRIBUTING.md, co_await).
struct HookRequest {
    HookRequest() = default;
    std::string method = "POST";
    std::string below;  ///< path below the endpoint, "" the endpoint itself
    std::optional<std::string> body;
    std::string key;                                  ///< Idempotency-Key and webhook-id
    std::optional<std::chrono::milliseconds> within;  ///< at most, whatever the channel allows
    bool asked_for =
        false;  ///< by the app or the operator just now: made even where the origin has not answered lately
};

/// What is sent for one Event, by the kind of the Subscription. Source: subscriptions A6, B16.
HookRequest event_request(
    Settings const& settings,
    std::string const& subscription,
    subscriptions::Plan const& plan,
    cache::EventRecord const& event
);
HookRequest handshake_request(
    Settings const& settings, cache::SubscriptionRecord const& record, subscriptions::Plan const& plan
);
HookRequest heartbeat_request(
    Settings const& settings,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    cache::Utc now
);
HookRequest deactivation_request(
    Settings const& settings,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    cache::Utc last_event
);

/// The headers of the Standard Webhooks specification, for a request made now.
void sign(net::ClientRequest& request, std::string_view key, std::string const& id, cache::Utc now);

/// Makes attempts at endpoints, bounded in all and per origin. A hanging origin holds only its own permits: the origin's is taken first, the common
/// one last. An endpoint that lets attempts time out in a row is tried by one at a time, at growing intervals; for the others no attempt is made.
/// Owner: Deliveries; outlives every attempt. Thread: the loop.
class RestHookSender {
public:
    RestHookSender(
        async::Clock& clock,
        HookTransport transport,
        net::TlsContexts& tls,
        Settings const& settings,
        DeliveryMetrics& metrics
    );

    /// One attempt. Waits for its permits without limit, then at most the channel's timeout (capped at 120 s) or the setting's. The response is read to
    /// 64 KiB and dropped, redirects are not followed. Cancellation: terminal; the connection is closed, the Event stays owed. Errors: in the outcome.
    awaitable<subscriptions::AttemptOutcome> send(subscriptions::Channel channel, HookRequest request);

    class Turn;

private:
    struct Origin {
        explicit Origin(Settings const& settings) : slots(settings.max_per_origin) {}
        async::Semaphore slots;
        std::size_t users = 0;
    };
    struct Endpoint {
        explicit Endpoint(Settings const& settings);
        pacing::CircuitBreaker breaker;
        std::set<async::WaitList*> waiting;  ///< for the attempt under way to end
        std::size_t users = 0;
    };
    class Use;

    Result<net::ClientRequest> client_request(
        subscriptions::Channel const& channel, HookRequest const& request, net::Url url
    );
    std::chrono::milliseconds timeout(subscriptions::Channel const& channel, HookRequest const& request)
        const;
    awaitable<std::unique_ptr<AttemptSlots::Slot>> acquire_slot(Use const& use);
    awaitable<subscriptions::AttemptOutcome> attempt(
        std::chrono::milliseconds timeout, net::ClientRequest request
    );
    Endpoint& take_endpoint(std::string const& name);
    void release_endpoint(std::string const& name, Endpoint& endpoint);
    void forget_idle_endpoints();

    async::Clock& clock_;
    HookTransport transport_;
    net::TlsContexts& tls_;
    Settings const& settings_;
    DeliveryMetrics& metrics_;
    AttemptSlots slots_;
    std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;
    std::unordered_map<std::string, std::unique_ptr<Endpoint>> endpoints_;
};

/// A place among those who wait until an endpoint that hangs may be tried again. Wakes `woken` each time an attempt there ends. Owner: whoever waits, in
/// its frame; `woken` outlives it. Thread: the loop.
class RestHookSender::Turn {
public:
    Turn(RestHookSender& sender, std::string endpoint, async::WaitList& woken);
    ~Turn();
    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;

    bool has_come() const;
    /// Not before that time, unless woken.
    async::Clock::Duration wait() const;

private:
    RestHookSender& sender_;
    std::string name_;
    Endpoint& endpoint_;
    async::WaitList& woken_;
};

}  // namespace tributary::delivery
