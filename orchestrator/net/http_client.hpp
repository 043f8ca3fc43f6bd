#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/address_policy.hpp"
#include "orchestrator/net/http_message.hpp"
#include "orchestrator/net/tls.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::net {

using boost::asio::awaitable;

/// One request. A value: the coroutine keeps its own copy.
struct ClientRequest {
    ClientRequest() = default;  // not an aggregate (CONTRIBUTING.md, co_await)
    std::string method = "GET";
    Url url;
    Headers headers;  ///< Host, Content-Length, Accept-Encoding and X-Request-Id are ours to set
    std::string body;
    TlsContextPtr tls;  ///< for https; empty: the default trust
    AddressPolicy policy;
    std::size_t body_limit = std::size_t{1} << 20U;  ///< after undoing gzip
    std::chrono::steady_clock::duration connect_timeout = std::chrono::seconds(5);
    bool accept_gzip = true;
    bool discard_body = false;  ///< read and drop at most body_limit (subscribers' answers)
    /// Origins besides the URL's own to which a redirect may lead (at most 5); `headers` then stay behind, but for Accept.
    bool follow_redirects = false;
    std::vector<std::string> redirect_origins;
    /// Awaited before a redirect is followed, where given: a Failure ends the call with it.
    std::function<awaitable<Result<void>>(async::Deadline)> before_redirect;
};

struct ClientResponse {
    unsigned status = 0;
    Headers headers;
    std::string body;  ///< content-coding undone
    Url final_url;     ///< after redirects
    std::size_t wire_bytes = 0;
    bool success() const { return status >= 200 && status < 300; }
    /// Retry-After in seconds, both forms, capped at a day; 0: none.
    std::chrono::seconds retry_after(std::chrono::system_clock::time_point now) const;
};

/// HTTP/1.1 with a pool by (origin, TLS context, policy): keep-alive with ageing, stale connections noticed, TLS with host-name verification,
/// DNS resolved in the background and cached outside the deadline race. Owner: app; outlives every call. Thread: the loop.
class HttpClient {
public:
    struct Settings {
        std::size_t idle_per_origin = 256;  ///< many communities may live behind one gateway
        std::size_t idle_in_all = 1024;
        std::chrono::seconds idle_for{20};  ///< below what servers keep
        std::chrono::seconds dns_life{60};
        std::size_t head_limit = 64 * 1024;
    };
    HttpClient(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        async::Worker& worker,
        TlsContexts& tls,
        Metrics& metrics,
        Settings settings
    );
    ~HttpClient();

    /// Any status is a value. Deadline: bounds connect, TLS, write and the whole response. Cancellation: terminal; the connection is closed.
    /// Errors: timeout, connect, dns, tls, protocol, too_large, refused_address. Sent once more on a fresh connection only when a reused one
    /// turned out stale before a response byte came and the method is idempotent.
    awaitable<Result<ClientResponse>> send(async::Deadline deadline, ClientRequest request);

    /// Does the policy forbid this URL, or any address its host has now? A name that is not resolved by the deadline is not forbidden.
    /// Deadline: bounds the look-up. Cancellation: terminal. Errors: refused_address.
    awaitable<Result<void>> check_host(async::Deadline deadline, Url url, AddressPolicy policy);

    /// Closes idle connections; calls under way are their owners' to cancel. Soft: finished calls no longer pool.
    void close_idle();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::net
