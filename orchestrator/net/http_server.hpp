#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_message.hpp"
#include "orchestrator/net/tls.hpp"

namespace tributary::net {

using boost::asio::awaitable;

struct ServerRequest {
    std::string method;
    std::string path;   ///< as sent, not decoded, without query
    std::string query;  ///< as sent, without '?'
    Headers headers;
    std::string body;  ///< gzip undone
    std::string peer;  ///< address without port
};

struct ServerResponse {
    ServerResponse() = default;
    ServerResponse(unsigned status_code, std::string content_type, std::string content);
    unsigned status = 200;
    Headers headers;  ///< Content-Length, Date, Connection are the server's to set
    std::string body;
    std::shared_ptr<std::string const> shared_body;  ///< in its place, where others hold the bytes as well
    bool hang_up = false;  ///< resets the connection instead of answering: for servers that play a broken one
    /// Runs on the loop once the last byte was handed to the socket, or the connection failed; may be empty. Must not throw.
    std::function<void()> after_write;

    std::string_view bytes() const { return shared_body ? *shared_body : body; }
    void drop_body() {
        body.clear();
        shared_body.reset();
    }
};

/// Server side of one WebSocket. One reader and one writer coroutine; what is sent goes through a bounded buffer. Owned by the server;
/// valid while its handler runs. Thread: the loop.
class WebSocketSession {
public:
    /// The next text message. Errors: closed (either side ended), too_large (1009 was sent), not_supported (binary: 1003 was sent).
    /// Deadline: none but the keep-alive pings. Cancellation: terminal; the session ends.
    virtual awaitable<Result<std::string>> read() = 0;
    /// Queues a text message. False: the buffer is over its bound: the session closes (1013) and nothing more is sent; or closed already.
    [[nodiscard]] virtual bool send(std::string text) = 0;
    /// The same, and `written` runs once the frame was handed to the socket (not when it is lost).
    [[nodiscard]] virtual bool send(std::string text, std::function<void()> written) = 0;
    /// Sends a close frame after what is queued, waits at most 2 s for the peer's; read() then answers closed.
    virtual void close(std::uint16_t code, std::string reason) = 0;
    virtual bool open() const = 0;
    virtual std::string const& peer() const = 0;
    /// Path the upgrade was asked for.
    virtual std::string const& path() const = 0;

protected:
    ~WebSocketSession() = default;
};

/// Where a server can listen: an IP address, or localhost.
bool is_listen_address(std::string const& address);

/// HTTP/1.1 server: keep-alive, pipelining in order, limits on head, body, time and connections, graceful drain, TLS, WebSocket upgrade.
/// Owner: app. Thread: the loop. Ends: drain(), then stop().
class HttpServer {
public:
    struct Settings {
        std::string address = "127.0.0.1";
        std::uint16_t port = 0;
        TlsServerSettings tls;
        std::size_t request_head = 32 * 1024;
        std::size_t request_body = std::size_t{4} << 20U;
        std::chrono::steady_clock::duration request_time =
            std::chrono::seconds(30);  ///< from the first byte of a request to its last
        std::chrono::steady_clock::duration idle_time = std::chrono::seconds(75);  ///< between requests
        std::chrono::steady_clock::duration write_time =
            std::chrono::seconds(60);                   ///< for each 256 KiB of a response
        std::size_t answers = std::size_t{512} << 20U;  ///< bytes of answers under way
        std::size_t connections = 10000;
        std::size_t connections_per_address = 10000;  ///< of one client
        std::size_t websocket_send_buffer = std::size_t{1} << 20U;
        std::size_t websocket_message = 4096;      ///< longest message of a client
        std::vector<std::string> websocket_paths;  ///< a slash at the end of a request's path does not matter
        /// Asked before an upgrade; false: 403. Empty: every origin.
        std::function<bool(std::string_view origin)> accept_origin;
        /// Puts into an answer that is made below the handler what lets the page that asked read it; `origin` is "" without one, or where
        /// the head was not read. May be empty.
        std::function<void(std::string_view origin, Headers& response)> add_cors;
        std::string name = "fhir";  ///< label of the metrics
    };
    using Handler = std::function<awaitable<ServerResponse>(ServerRequest)>;
    using WebSocketHandler = std::function<awaitable<void>(WebSocketSession&)>;
    /// Makes the answer to a request refused before the handler sees it (malformed, too_large, head_too_large, slow, throttled).
    using ErrorPage = std::function<ServerResponse(Failure const&)>;

    HttpServer(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        Settings settings,
        Handler handler,
        WebSocketHandler websocket,
        ErrorPage error_page,
        Logger logger,
        Metrics& metrics
    );
    ~HttpServer();

    /// Binds and listens. Errors: connect (address in use, not ours, no permission: the detail says which and what to do), tls.
    Result<void> listen();
    /// Accepts connections from now on. Precondition: listen() succeeded.
    void start();
    std::uint16_t port() const;

    /// Soft stop: accepts no more, answers requests under way with Connection: close, closes WebSockets with 1001 and waits for them.
    /// Deadline: at it whatever is left is cancelled. Returns when no session is left.
    awaitable<void> drain(async::Deadline deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::net
