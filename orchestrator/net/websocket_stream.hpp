#pragma once
#include <utility>

#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// Only for .cpp files of this folder. Refers to the Stream its owner keeps.
using WebSocketStream = boost::beast::websocket::stream<Stream&, false>;  // false: no permessage-deflate

// What Beast asks of a stream of ours: how it is ended, so that the last frame still arrives.
inline void beast_close_socket(Stream& stream) { stream.close(); }

template <class Handler>
void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
    using boost::beast::websocket::async_teardown;
    if (stream.secure()) {
        async_teardown(role, stream.secured(), std::forward<Handler>(handler));
    } else {
        async_teardown(role, stream.socket(), std::forward<Handler>(handler));
    }
}

}  // namespace tributary::net
