#pragma once
#include <string>
#include <string_view>

namespace tributary::subscriptions {

/// What a client says on a WebSocket. Source: subscriptions A7, B17; the json_ ones are frames of the JSON dialect: clients 2.4.
struct SocketCommand {
    enum class Type {
        bind,
        bind_with_token,
        json_bind,
        json_unbind,
        json_ping,
        ignored,
        malformed
    } type = Type::ignored;
    std::string argument = {};  ///< the Subscription's id, or the token
};
SocketCommand read_socket_command(std::string_view text);

}  // namespace tributary::subscriptions
