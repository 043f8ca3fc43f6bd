#pragma once
#include <string>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/net/close_guard.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// One request written and its response read on a connection. Only for .cpp files of this folder.
struct Exchanged {
    Exchanged() : result(Failure(Errc::protocol)) {}
    Result<ClientResponse> result;  ///< content-coding not undone
    std::size_t read_bytes = 0;     ///< of the response, as they came over the wire
    bool reusable = false;          ///< the connection may carry another request
};

/// The head, with the fields that are ours to set. Errors: malformed (a field, method or target that would break the head).
Result<std::string> request_head(ClientRequest const& request);

/// Deadline: the guard's. Cancellation: terminal; the connection is in an unknown state. Errors: timeout, protocol, too_large.
awaitable<Exchanged> exchange(
    Stream& stream,
    CloseGuard& guard,
    ClientRequest const& request,
    std::string const& head,
    std::size_t head_limit
);

}  // namespace tributary::net
