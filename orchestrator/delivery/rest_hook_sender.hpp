#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/delivery/delivery_metrics.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/net/http_client.hpp"
#include "subscriptions/delivery_decision.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// One request to an endpoint, without what belongs to the channel. Not an aggregate (pitfall P1).
struct HookRequest {
    HookRequest() = default;
    std::string method = "POST";
    std::string below;  ///< path below the endpoint, "" the endpoint itself
    std::optional<std::string> body;
    std::string key;  ///< Idempotency-Key and webhook-id
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

/// Makes attempts at endpoints, bounded in all and per origin. A hanging origin holds only its own permits: the origin's is taken first, the common
/// one last. Owner: Deliveries; outlives every attempt. Thread: the loop.
class RestHookSender {
public:
    RestHookSender(
        async::Clock& clock,
        net::HttpClient& client,
        net::TlsContexts& tls,
        Settings const& settings,
        DeliveryMetrics& metrics
    );

    /// One attempt. Waits for its permits without limit, then at most the channel's timeout (capped at 120 s) or the setting's. The response is read to
    /// 64 KiB and dropped, redirects are not followed. Cancellation: terminal; the connection is closed, the Event stays owed. Errors: in the outcome.
    awaitable<subscriptions::AttemptOutcome> send(subscriptions::Channel channel, HookRequest request);

private:
    struct Origin {
        explicit Origin(std::size_t permits) : slots(permits) {}
        async::Semaphore slots;
        std::size_t users = 0;
    };
    class OriginUse;

    Result<net::ClientRequest> client_request(
        subscriptions::Channel const& channel, HookRequest const& request, net::Url url
    );
    awaitable<subscriptions::AttemptOutcome> attempt(
        std::chrono::milliseconds timeout, net::ClientRequest request
    );

    async::Clock& clock_;
    net::HttpClient& client_;
    net::TlsContexts& tls_;
    Settings const& settings_;
    DeliveryMetrics& metrics_;
    async::Semaphore slots_;
    std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;
};

}  // namespace tributary::delivery
