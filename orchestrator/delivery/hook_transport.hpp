#pragma once
#include <functional>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/http_client.hpp"

namespace tributary::delivery {

/// How a request gets to an endpoint. Contract: HttpClient::send. Tests answer from memory, in virtual time.
using HookTransport =
    std::function<boost::asio::awaitable<Result<net::ClientResponse>>(async::Deadline, net::ClientRequest)>;

/// Over the network. `client` outlives it.
inline HookTransport over(net::HttpClient& client) {
    return [&client](async::Deadline deadline, net::ClientRequest request) {
        return client.send(deadline, std::move(request));
    };
}

}  // namespace tributary::delivery
