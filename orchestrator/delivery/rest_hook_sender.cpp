#include "orchestrator/delivery/rest_hook_sender.hpp"

#include <algorithm>

#include "fhir/base/ascii.hpp"
#include "fhir/resources/outward.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/delivery/event_text.hpp"
#include "orchestrator/net/counted.hpp"

namespace tributary::delivery {

namespace {

using subscriptions::AttemptOutcome;
using subscriptions::Content;

constexpr std::chrono::seconds kLongestTimeout{120};
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::size_t kAnswerLimit = 64 * 1024;
constexpr std::chrono::minutes kLongestPause{1};
constexpr std::size_t kMostEndpoints = 10'000;  // of which it is known how they answered

std::string event_key(std::string const& subscription, std::string const& number) {
    return subscription + "/" + number;
}

std::string content_type(std::string const& payload) {
    bool const has_charset = ascii::lower(payload).find("charset=") != std::string::npos;
    return has_charset ? payload : payload + "; charset=utf-8";
}

std::string below_endpoint(std::string endpoint, std::string const& below) {
    if (below.empty()) return endpoint;
    if (endpoint.ends_with('/')) endpoint.pop_back();
    return endpoint + "/" + below;
}

AttemptOutcome not_attempted() {
    AttemptOutcome outcome;
    outcome.attempted = false;
    return outcome;
}

AttemptOutcome outcome_of_failure(Failure const& failure) {
    return {failure.http_status(), failure.errc(), failure.retry_after(), true};
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
    request.asked_for = true;
    request.body = handshake_text(status_header(settings.base, record.id, plan), record);
    return request;
}

HookRequest heartbeat_request(
    Settings const& settings,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    cache::Utc now
) {
    HookRequest request;
    request.key = event_key(record.id, "heartbeat-" + std::to_string(now.time_since_epoch().count()));
    request.body = heartbeat_text(status_header(settings.base, record.id, plan), record, now);
    return request;
}

HookRequest deactivation_request(
    Settings const& settings,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    cache::Utc last_event
) {
    HookRequest request;
    request.key = event_key(record.id, "off-" + std::to_string(record.version));
    request.asked_for = true;
    request.body = deactivation_text(status_header(settings.base, record.id, plan), record, last_event);
    return request;
}

void sign(net::ClientRequest& request, std::string_view key, std::string const& id, cache::Utc now) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    auto const timestamp = std::to_string(seconds.count());
    auto const code = hmac_sha256(key, id + '.' + timestamp + '.' + request.body);
    std::string_view const bytes(reinterpret_cast<char const*>(code.data()), code.size());
    request.headers.add("webhook-timestamp", timestamp);
    request.headers.add("webhook-signature", "v1," + base64(bytes));
}

RestHookSender::Endpoint::Endpoint(Settings const& settings)
    : breaker(settings.breaker_failures, settings.breaker_pause, kLongestPause) {}

/// The one of that name, made where it is not there yet.
template <class Used>
static Used& take(
    std::unordered_map<std::string, std::unique_ptr<Used>>& all,
    std::string const& name,
    Settings const& settings
) {
    auto& one = all[name];
    if (!one) one = std::make_unique<Used>(settings);
    ++one->users;
    return *one;
}

/// One attempt's part in its origin and endpoint: keeps them while somebody waits for them or holds a permit, and tells the breaker how the attempt ended.
class RestHookSender::Use {
public:
    Use(RestHookSender& sender, std::string origin, std::string endpoint)
        : sender_(sender),
          origin_name_(std::move(origin)),
          endpoint_name_(std::move(endpoint)),
          origin_(take(sender.origins_, origin_name_, sender.settings_)),
          endpoint_(sender.take_endpoint(endpoint_name_)) {
        sender_.forget_idle_endpoints();
    }
    Use(Use const&) = delete;
    Use& operator=(Use const&) = delete;
    ~Use() {
        if (started_) {
            endpoint_.breaker.abandoned();
            wake_waiting();
        }
        if (--origin_.users == 0) sender_.origins_.erase(origin_name_);
        sender_.release_endpoint(endpoint_name_, endpoint_);
    }

    async::Semaphore& slots() { return origin_.slots; }
    bool allows(HookRequest const& request) const {
        return request.asked_for || endpoint_.breaker.allows(sender_.clock_.now());
    }
    /// Its attempts have timed out lately.
    bool hangs() const {
        return endpoint_.breaker.state(sender_.clock_.now()) != pacing::BreakerState::closed;
    }
    void start() {
        endpoint_.breaker.started(sender_.clock_.now());
        started_ = true;
    }
    /// Only what is silent for long counts; what fails at once holds up nobody.
    void settle(AttemptOutcome const& outcome, async::Clock::Duration took) {
        auto& breaker = endpoint_.breaker;
        bool const was_open = hangs();
        bool const silent = outcome.errc == Errc::timeout || took >= AttemptSlots::kPatience;
        started_ = false;
        if (outcome.status != 0) {
            (void)breaker.succeeded();
        } else if (silent) {
            (void)breaker.failed(sender_.clock_.now());
        } else {
            breaker.abandoned();
        }
        if (hangs() != was_open) sender_.metrics_.hanging_endpoints.add(was_open ? -1 : 1);
        wake_waiting();
    }

private:
    void wake_waiting() {
        for (auto* const waiting : endpoint_.waiting) waiting->close_all();
    }

    RestHookSender& sender_;
    std::string origin_name_, endpoint_name_;
    Origin& origin_;
    Endpoint& endpoint_;
    bool started_ = false;
};

RestHookSender::Turn::Turn(RestHookSender& sender, std::string endpoint, async::WaitList& woken)
    : sender_(sender), name_(std::move(endpoint)), endpoint_(sender.take_endpoint(name_)), woken_(woken) {
    endpoint_.waiting.insert(&woken_);
}

RestHookSender::Turn::~Turn() {
    endpoint_.waiting.erase(&woken_);
    sender_.release_endpoint(name_, endpoint_);
}

bool RestHookSender::Turn::has_come() const { return endpoint_.breaker.allows(sender_.clock_.now()); }

async::Clock::Duration RestHookSender::Turn::wait() const {
    auto const now = sender_.clock_.now();
    auto const& breaker = endpoint_.breaker;
    if (breaker.state(now) == pacing::BreakerState::open) return breaker.probe_at() - now;
    return has_come() ? async::Clock::Duration() : kLongestTimeout;
}

RestHookSender::RestHookSender(
    async::Clock& clock,
    HookTransport transport,
    net::TlsContexts& tls,
    Settings const& settings,
    DeliveryMetrics& metrics
)
    : clock_(clock),
      transport_(std::move(transport)),
      tls_(tls),
      settings_(settings),
      metrics_(metrics),
      slots_(clock, settings.max_in_flight) {}

RestHookSender::Endpoint& RestHookSender::take_endpoint(std::string const& name) {
    return take(endpoints_, name, settings_);
}

void RestHookSender::release_endpoint(std::string const& name, Endpoint& endpoint) {
    if (--endpoint.users == 0 && endpoint.breaker.clean()) endpoints_.erase(name);
}

void RestHookSender::forget_idle_endpoints() {
    if (endpoints_.size() < kMostEndpoints) return;
    std::erase_if(endpoints_, [this](auto const& entry) {
        bool const idle = entry.second->users == 0;
        bool const hung = entry.second->breaker.state(clock_.now()) != pacing::BreakerState::closed;
        if (idle && hung) metrics_.hanging_endpoints.add(-1);
        return idle;
    });
}

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

std::chrono::milliseconds RestHookSender::timeout(
    subscriptions::Channel const& channel, HookRequest const& request
) const {
    auto timeout = settings_.timeout;
    if (channel.timeout) timeout = std::min<std::chrono::milliseconds>(*channel.timeout, kLongestTimeout);
    return request.within ? std::min(timeout, *request.within) : timeout;
}

awaitable<std::unique_ptr<AttemptSlots::Slot>> RestHookSender::acquire_slot(Use const& use) {
    return use.hangs() ? slots_.acquire_slow() : slots_.acquire();
}

awaitable<AttemptOutcome> RestHookSender::send(subscriptions::Channel channel, HookRequest request) {
    auto url = net::parse_url(below_endpoint(channel.endpoint, request.below));
    if (!url) co_return outcome_of_failure(url.error());
    auto origin = url->origin();
    auto prepared = client_request(channel, request, std::move(*url));
    if (!prepared) co_return outcome_of_failure(prepared.error());
    Use use(*this, std::move(origin), channel.endpoint);
    if (!use.allows(request)) co_return not_attempted();
    auto const permit = co_await use.slots().acquire();
    if (!use.allows(request)) co_return not_attempted();  // while this one waited, others have timed out
    use.start();
    auto const slot = co_await acquire_slot(use);
    auto const began = clock_.now();
    if (!settings_.webhook_key.empty()) sign(*prepared, settings_.webhook_key, request.key, clock_.utc_now());
    auto const outcome = co_await attempt(timeout(channel, request), std::move(*prepared));
    use.settle(outcome, clock_.now() - began);
    co_return outcome;
}

awaitable<AttemptOutcome> RestHookSender::attempt(
    std::chrono::milliseconds timeout, net::ClientRequest request
) {
    net::Counted const counted(metrics_.in_flight);
    auto const deadline = async::Deadline::after(clock_, timeout);
    auto const answer = co_await transport_(deadline, std::move(request));
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
