#pragma once
#include <memory>
#include <string>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "orchestrator/net/close_guard.hpp"
#include "orchestrator/net/read_buffer.hpp"
#include "orchestrator/net/server_context.hpp"

namespace tributary::net {

class ServerWebSocket;

/// One connection of the server: its requests one after the other, until it ends or becomes a WebSocket.
/// Only for .cpp files of this folder. Owner: the frame of its task. Thread: the loop.
class ServerSession {
public:
    ServerSession(ServerContext& context, tcp::socket socket);
    ServerSession(ServerSession const&) = delete;
    ServerSession& operator=(ServerSession const&) = delete;

    awaitable<void> run();
    /// Says that there are too many connections, and ends.
    awaitable<void> turn_away();
    /// Soft: ends at once when no request is under way, else after it; a WebSocket is closed with 1001.
    void drain();

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using Request = boost::beast::http::request<boost::beast::http::string_body>;
    enum class Read { request, nothing };

    awaitable<bool> shake_hands();
    awaitable<bool> serve_request();
    awaitable<Result<Read>> read_request(Parser& parser);
    awaitable<void> continue_if_expected(Parser const& parser, bool& continued);
    awaitable<Result<void>> decode(ServerRequest& request);
    awaitable<ServerResponse> answer(ServerRequest request);
    awaitable<void> upgrade(std::unique_ptr<Request> request);
    awaitable<void> say_last(ServerResponse page);
    awaitable<void> refuse(Failure failure, std::string origin);
    ServerResponse error_page(Failure const& failure, std::string_view origin) const;
    awaitable<bool> write(ServerResponse response, bool head_only, bool keep_alive);
    awaitable<bool> write_bytes(std::string head, std::string_view body);
    ServerResponse within_budget(ServerResponse response, boost::beast::http::request_header<> const& head)
        const;
    awaitable<std::string> read_origin();
    awaitable<void> linger(std::size_t most, std::chrono::seconds time);
    void reset();
    awaitable<void> finish();
    bool wants_websocket(Parser const& parser) const;
    ServerRequest make_request(Parser& parser) const;

    ServerContext& context_;
    Stream stream_;
    CloseGuard guard_;
    ReadBuffer buffer_;
    std::string peer_;
    bool idle_ = true;                      // nothing is lost when the connection ends now
    std::unique_ptr<Request> upgrade_;      // asks for a WebSocket
    ServerWebSocket* websocket_ = nullptr;  // while the connection is one
};

}  // namespace tributary::net
