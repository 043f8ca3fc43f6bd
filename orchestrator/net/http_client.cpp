#include "orchestrator/net/http_client.hpp"

#include <algorithm>
#include <array>

#include "orchestrator/net/connection_pool.hpp"
#include "orchestrator/net/connector.hpp"
#include "orchestrator/net/content_coding.hpp"
#include "orchestrator/net/counted.hpp"
#include "orchestrator/net/http_date.hpp"
#include "orchestrator/net/http_exchange.hpp"

namespace tributary::net {

namespace {

constexpr int kMostRedirects = 5;
constexpr std::size_t kInflateOnLoop = std::size_t{128} * 1024;
constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours(24);

/// What a connection may be used for: a policy is checked when it is made, so it is part of the key.
std::string pool_key(ClientRequest const& request, TlsContextPtr const& tls) {
    std::string key = request.url.origin();
    key += request.policy.allow_private_addresses ? " p" : " ";
    key += request.policy.allow_http ? "h" : "";
    key += request.policy.restrict_ports ? "r " : " ";
    key += std::to_string(reinterpret_cast<std::uintptr_t>(tls.get()));
    for (std::string const& host : request.policy.allowed_hosts) key += " " + host;
    return key;
}

bool may_repeat(ClientRequest const& request) {
    static constexpr std::array<std::string_view, 5> idempotent = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    if (std::find(idempotent.begin(), idempotent.end(), request.method) != idempotent.end()) return true;
    return request.method == "POST" && request.headers.has("Idempotency-Key");
}

bool is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Turns `request` into the one to which the response leads. Errors: refused_address, malformed.
Result<void> redirect(
    ClientRequest& request, std::string const& first_origin, ClientResponse const& response
) {
    auto next = resolve_location(request.url, response.headers.get("Location"));
    if (!next) return next.error();
    auto const origin = next->origin();
    auto const& allowed = request.redirect_origins;
    bool const known =
        origin == first_origin || std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
    if (!known)
        return Failure(Errc::refused_address, "redirected to an origin that is not allowed: " + origin);
    if (request.url.secure() && !next->secure())
        return Failure(Errc::refused_address, "redirected from https to http");
    if (origin != request.url.origin()) {
        Headers kept;
        if (auto const accept = request.headers.get("Accept"); !accept.empty())
            kept.add("Accept", std::string(accept));
        request.headers = std::move(kept);
    }
    bool const becomes_get =
        response.status == 303 ? request.method != "HEAD" : response.status < 303 && request.method == "POST";
    if (becomes_get) {
        request.method = "GET";
        request.body.clear();
    }
    request.url = std::move(*next);
    return {};
}

}  // namespace

struct HttpClient::Impl {
    Impl(
        boost::asio::any_io_executor ex,
        async::Clock& c,
        async::Worker& w,
        TlsContexts& t,
        Metrics& metrics,
        Settings const& s
    )
        : clock(c),
          worker(w),
          tls(t),
          settings(s),
          connector(std::move(ex), c, s.dns_life),
          pool(c, {s.idle_per_origin, s.idle_in_all, s.idle_for}),
          in_flight(metrics.gauge(
              "tributary_http_client_calls_in_flight", "Calls under way to partners and subscribers."
          )),
          opened(metrics.counter("tributary_http_client_connections_total", "Connections that were opened.")),
          reused(metrics.counter(
              "tributary_http_client_reused_total", "Calls sent on a connection kept from a former one."
          )),
          repeated(metrics.counter(
              "tributary_http_client_stale_total",
              "Calls sent again because a kept connection had been closed."
          )),
          received(metrics.counter("tributary_http_client_received_bytes_total", "Bytes of responses.")) {}

    awaitable<Result<ClientResponse>> follow(async::Deadline deadline, ClientRequest request);
    awaitable<Result<ClientResponse>> call(async::Deadline deadline, ClientRequest const& request);
    awaitable<Exchanged> attempt(
        async::Deadline deadline,
        ClientRequest const& request,
        std::string const& head,
        bool fresh,
        bool& reused_one
    );
    awaitable<Result<std::string>> decode(ClientRequest const& request, ClientResponse& response);
    Result<TlsContextPtr> context_of(ClientRequest const& request);

    async::Clock& clock;
    async::Worker& worker;
    TlsContexts& tls;
    Settings settings;
    Connector connector;
    ConnectionPool pool;
    bool pooling = true;
    Metrics::Gauge& in_flight;
    Metrics::Counter& opened;
    Metrics::Counter& reused;
    Metrics::Counter& repeated;
    Metrics::Counter& received;
};

Result<TlsContextPtr> HttpClient::Impl::context_of(ClientRequest const& request) {
    if (!request.url.secure()) return TlsContextPtr();
    if (request.tls) return request.tls;
    return tls.client(TlsClientSettings());
}

awaitable<Exchanged> HttpClient::Impl::attempt(
    async::Deadline deadline,
    ClientRequest const& request,
    std::string const& head,
    bool fresh,
    bool& reused_one
) {
    Exchanged exchanged;
    auto context = context_of(request);
    if (!context) {
        exchanged.result = context.error();
        co_return exchanged;
    }
    auto const key = pool_key(request, *context);
    std::unique_ptr<Stream> stream = fresh ? nullptr : pool.take(key);
    reused_one = stream != nullptr;
    (reused_one ? reused : opened).add();
    if (!reused_one) {
        auto made =
            co_await connector.open(deadline, request.connect_timeout, request.url, request.policy, *context);
        if (!made) {
            exchanged.result = made.error();
            co_return exchanged;
        }
        stream = std::move(*made);
    }
    CloseGuard guard(*stream);
    guard.arm(clock, deadline);
    exchanged = co_await exchange(*stream, guard, request, head, settings.head_limit);
    guard.disarm();
    received.add(static_cast<double>(exchanged.read_bytes));
    if (exchanged.reusable && pooling) pool.put(key, std::move(stream));
    co_return exchanged;
}

awaitable<Result<std::string>> HttpClient::Impl::decode(
    ClientRequest const& request, ClientResponse& response
) {
    auto const coding = parse_content_coding(response.headers.get("Content-Encoding"));
    if (coding == ContentCoding::identity || response.body.empty()) co_return std::move(response.body);
    if (coding == ContentCoding::unknown)
        co_return Failure(Errc::protocol, "the response has a content-coding that was not asked for");
    std::size_t const limit = request.body_limit;
    if (response.body.size() <= kInflateOnLoop) {
        auto decoded = inflate(coding, response.body, std::min(limit, kInflateOnLoop));
        if (decoded || decoded.error().errc() != Errc::too_large || limit <= kInflateOnLoop)
            co_return decoded;
    }
    auto work = [coding, limit, body = std::move(response.body)] { return inflate(coding, body, limit); };
    auto job = worker.execute(std::move(work));
    co_return co_await std::move(job);
}

awaitable<Result<ClientResponse>> HttpClient::Impl::call(
    async::Deadline deadline, ClientRequest const& request
) {
    auto const head = request_head(request);
    if (!head) co_return head.error();
    if (deadline.expired(clock)) co_return Failure(Errc::timeout);
    if (auto allowed = check_url(request.policy, request.url); !allowed) co_return allowed.error();
    bool was_reused = false;
    Exchanged exchanged = co_await attempt(deadline, request, *head, false, was_reused);
    bool const stale = !exchanged.result && was_reused && exchanged.read_bytes == 0 &&
                       exchanged.result.error().errc() == Errc::protocol;
    if (stale && may_repeat(request)) {
        repeated.add();
        exchanged = co_await attempt(deadline, request, *head, true, was_reused);
    }
    if (!exchanged.result) co_return exchanged.result.error();
    ClientResponse response = std::move(*exchanged.result);
    auto body = co_await decode(request, response);
    if (!body) co_return body.error();
    response.body = std::move(*body);
    response.final_url = request.url;
    co_return response;
}

awaitable<Result<ClientResponse>> HttpClient::Impl::follow(async::Deadline deadline, ClientRequest request) {
    auto const first_origin = request.url.origin();
    for (int redirects = 0;; ++redirects) {
        auto response = co_await call(deadline, request);
        bool const follows = response && request.follow_redirects && is_redirect(response->status) &&
                             response->headers.has("Location");
        if (!follows) co_return response;
        if (redirects == kMostRedirects) co_return Failure(Errc::protocol, "more than 5 redirects");
        if (auto next = redirect(request, first_origin, *response); !next) co_return next.error();
        if (!request.before_redirect) continue;
        auto const ready = co_await request.before_redirect(deadline);
        if (!ready) co_return ready.error();
    }
}

HttpClient::HttpClient(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    async::Worker& worker,
    TlsContexts& tls,
    Metrics& metrics,
    Settings settings
)
    : impl_(std::make_unique<Impl>(std::move(ex), clock, worker, tls, metrics, settings)) {}

HttpClient::~HttpClient() = default;

awaitable<Result<ClientResponse>> HttpClient::send(async::Deadline deadline, ClientRequest request) {
    Counted const counted(impl_->in_flight);
    co_return co_await impl_->follow(deadline, std::move(request));
}

awaitable<Result<void>> HttpClient::check_host(async::Deadline deadline, Url url, AddressPolicy policy) {
    if (auto const allowed = check_url(policy, url); !allowed) co_return allowed.error();
    co_return co_await impl_->connector.check(deadline, std::move(url.host), std::move(policy));
}

void HttpClient::close_idle() {
    impl_->pooling = false;
    impl_->pool.clear();
}

std::chrono::seconds ClientResponse::retry_after(std::chrono::system_clock::time_point now) const {
    auto const wait = parse_retry_after(headers.get("Retry-After"), now);
    return std::min(wait, kLongestRetryAfter);
}

}  // namespace tributary::net
