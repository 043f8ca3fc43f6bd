#include "orchestrator/delivery/rest_hook_sender.hpp"

#include <algorithm>

#include "fhir/resources/outward.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/delivery/event_text.hpp"
#include "orchestrator/net/counted.hpp"

namespace tributary::delivery {

namespace {

using subscriptions::AttemptOutcome;
using subscriptions::Content;

constexpr std::chrono::seconds kLongestTimeout{120};
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::size_t kAnswerLimit = 64 * 1024;

std::string event_key(std::string const& subscription, std::string const& number) {
    return subscription + "/" + number;
}

std::string content_type(std::string const& payload) {
    std::string lowered = payload;
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return lowered.find("charset=") == lowered.npos ? payload + "; charset=utf-8" : payload;
}

std::string below_endpoint(std::string endpoint, std::string const& below) {
    if (below.empty()) return endpoint;
    if (endpoint.ends_with('/')) endpoint.pop_back();
    return endpoint + "/" + below;
}

AttemptOutcome outcome_of_failure(Failure const& failure) {
    return {failure.http_status(), failure.errc(), failure.retry_after()};
}

}  // namespace

HookRequest event_request(
    Settings const& settings,
    std::string const& subscription,
    subscriptions::Plan const& plan,
    cache::EventRecord const& event
) {
    HookRequest request;
    request.key = event_key(subscription, std::to_string(event.number));
    if (plan.content == Content::none) return request;
    if (plan.content != Content::resource) {
        request.body = event_text(status_header(settings.base, subscription, plan), event);
        return request;
    }
    request.body = fhir::absolute(event.resource, settings.base);
    if (settings.classic_payload_method == ClassicPayloadMethod::put_below) {
        request.method = "PUT";
        request.below = event.focus_type + "/" + event.focus_id;
    }
    return request;
}

HookRequest handshake_request(
    Settings const& settings, cache::SubscriptionRecord const& record, subscriptions::Plan const& plan
) {
    HookRequest request;
    request.key = event_key(record.id, "handshake-" + std::to_string(record.version));
    request.body = handshake_text(status_header(settings.base, record.id, plan), record);
    return request;
}

/// Keeps an origin's semaphore alive while somebody waits for it or holds a permit.
class RestHookSender::OriginUse {
public:
    OriginUse(RestHookSender& sender, std::string name) : sender_(sender), name_(std::move(name)) {
        auto& origin = sender_.origins_[name_];
        if (!origin) origin = std::make_unique<Origin>(sender_.settings_.max_per_origin);
        ++origin->users;
        slots_ = &origin->slots;
    }
    OriginUse(OriginUse const&) = delete;
    OriginUse& operator=(OriginUse const&) = delete;
    ~OriginUse() {
        auto const found = sender_.origins_.find(name_);
        if (--found->second->users == 0) sender_.origins_.erase(found);
    }
    async::Semaphore& slots() { return *slots_; }

private:
    RestHookSender& sender_;
    std::string name_;
    async::Semaphore* slots_;
};

RestHookSender::RestHookSender(
    async::Clock& clock,
    net::HttpClient& client,
    net::TlsContexts& tls,
    Settings const& settings,
    DeliveryMetrics& metrics
)
    : clock_(clock),
      client_(client),
      tls_(tls),
      settings_(settings),
      metrics_(metrics),
      slots_(settings.max_in_flight) {}

Result<net::ClientRequest> RestHookSender::client_request(
    subscriptions::Channel const& channel, HookRequest const& request, net::Url url
) {
    net::ClientRequest out;
    out.method = request.method;
    out.url = std::move(url);
    out.policy = settings_.policy;
    out.body_limit = kAnswerLimit;
    out.discard_body = true;
    out.accept_gzip = false;
    out.connect_timeout = kConnectTimeout;
    if (out.url.secure() && !settings_.tls_ca.empty()) {
        net::TlsClientSettings trust;
        trust.ca_file = settings_.tls_ca;
        auto context = tls_.client(trust);
        if (!context) return context.error();
        out.tls = std::move(*context);
    }
    for (auto const& [name, value] : channel.headers) out.headers.add(name, value);
    out.headers.add("Idempotency-Key", request.key);
    out.headers.add("webhook-id", request.key);
    if (request.body) {
        out.headers.add("Content-Type", content_type(channel.payload));
        out.body = *request.body;
    }
    return out;
}

awaitable<AttemptOutcome> RestHookSender::send(subscriptions::Channel channel, HookRequest request) {
    auto url = net::parse_url(below_endpoint(channel.endpoint, request.below));
    if (!url) co_return outcome_of_failure(url.error());
    auto const origin_name = url->origin();
    auto prepared = client_request(channel, request, std::move(*url));
    if (!prepared) co_return outcome_of_failure(prepared.error());
    OriginUse origin(*this, origin_name);
    auto const origin_permit = co_await origin.slots().acquire();
    auto const permit = co_await slots_.acquire();
    std::chrono::milliseconds timeout = settings_.timeout;
    if (channel.timeout) timeout = std::min(*channel.timeout, kLongestTimeout);
    co_return co_await attempt(timeout, std::move(*prepared));
}

awaitable<AttemptOutcome> RestHookSender::attempt(
    std::chrono::milliseconds timeout, net::ClientRequest request
) {
    net::Counted const counted(metrics_.in_flight);
    auto const answer = co_await client_.send(async::Deadline::after(clock_, timeout), std::move(request));
    AttemptOutcome outcome;
    if (answer) {
        outcome.status = answer->status;
        outcome.errc = Errc::http_status;
        outcome.retry_after = answer->retry_after(clock_.utc_now());
    } else {
        outcome = outcome_of_failure(answer.error());
    }
    (outcome.delivered() ? metrics_.hook_delivered : metrics_.hook_failed).add();
    co_return outcome;
}

}  // namespace tributary::delivery
