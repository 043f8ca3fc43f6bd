#pragma once
#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/tls.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::net {

using boost::asio::awaitable;

/// Client side of one WebSocket, for `tributary watch` and tests. Owner: the coroutine that uses it. One read at a time, one write at a time.
class WebSocketClient {
public:
    /// `silent`: a server that says nothing for so long, pings included, is taken for gone; ours pings every 30 s.
    WebSocketClient(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        TlsContextPtr tls,
        std::chrono::milliseconds silent = std::chrono::seconds(90)
    );
    ~WebSocketClient();
    /// Deadline: bounds resolve, connect, TLS and upgrade. Errors: timeout, dns, connect, tls, protocol, http_status.
    awaitable<Result<void>> connect(async::Deadline deadline, Url url);
    awaitable<Result<void>> send(async::Deadline deadline, std::string text);
    /// The next text message. Errors: closed (detail: the close code), timeout (the socket is unusable afterwards, P20), protocol.
    awaitable<Result<std::string>> read(async::Deadline deadline);
    /// At most 2 s.
    awaitable<void> close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::net
