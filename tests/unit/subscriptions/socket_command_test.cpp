#include "subscriptions/socket_command.hpp"

#include "tests/support/catch.hpp"

namespace tributary::subscriptions {

using Type = SocketCommand::Type;

TEST_CASE(
    "a bind names a Subscription, with or without its type, however the line ends",
    "[subscriptions][websocket]"
) {
    for (auto const* text : {"bind s1", "bind Subscription/s1", " bind s1\r\n", "bind   s1"}) {
        auto const command = read_socket_command(text);
        INFO(text);
        CHECK(command.type == Type::bind);
        CHECK(command.argument == "s1");
    }
}

TEST_CASE("a bind without a usable id is malformed", "[subscriptions][websocket]") {
    for (auto const* text :
         {"bind", "bind ", "bind a b", "bind Subscription/", "bind Patient/1", "bind a_b"}) {
        INFO(text);
        CHECK(read_socket_command(text).type == Type::malformed);
    }
}

TEST_CASE(
    "a token is taken with the colon of the guide's diagram and without", "[subscriptions][websocket]"
) {
    for (auto const* text : {"bind-with-token T-1_x", "bind-with-token: T-1_x\n"}) {
        auto const command = read_socket_command(text);
        INFO(text);
        CHECK(command.type == Type::bind_with_token);
        CHECK(command.argument == "T-1_x");
    }
    CHECK(read_socket_command("bind-with-token").type == Type::bind_with_token);
    CHECK(read_socket_command("bind-with-token").argument.empty());
}

TEST_CASE("the frames of the JSON dialect are understood", "[subscriptions][websocket][dialect]") {
    CHECK(read_socket_command(R"({"type":"ping"})").type == Type::json_ping);
    auto const bind = read_socket_command(R"({"type":"bind-with-token","payload":{"token":"T-1_x"}})");
    CHECK(bind.type == Type::json_bind);
    CHECK(bind.argument == "T-1_x");
    auto const unbind = read_socket_command(R"( {"payload":{"token":"T"},"type":"unbind-from-token"})");
    CHECK(unbind.type == Type::json_unbind);
    CHECK(unbind.argument == "T");
    CHECK(read_socket_command(R"({"type":"bind-with-token"})").argument.empty());
    CHECK(read_socket_command(R"({"type":"bind-with-token","payload":"T"})").argument.empty());
}

TEST_CASE("anything else on a socket is ignored", "[subscriptions][websocket]") {
    for (auto const* text :
         {"", "  ", "hello", "binding s1", "BIND s1", "{", "{}", R"({"type":"hello"})", R"([{"type":"ping"}])"
         }) {
        INFO(text);
        CHECK(read_socket_command(text).type == Type::ignored);
    }
}

}  // namespace tributary::subscriptions
