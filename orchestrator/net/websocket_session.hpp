#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/net/close_guard.hpp"
#include "orchestrator/net/server_context.hpp"
#include "orchestrator/net/websocket_stream.hpp"

namespace tributary::net {

/// The server's side of one WebSocket: a reader and a writer task beside the handler. Only for .cpp files of this folder.
/// Owner: the HTTP session whose stream it takes over; lives in its frame. Thread: the loop.
class ServerWebSocket final : public WebSocketSession {
public:
    using Request = boost::beast::http::request<boost::beast::http::string_body>;

    ServerWebSocket(Stream& stream, ServerContext& context, std::string peer, std::string path);
    ServerWebSocket(ServerWebSocket const&) = delete;
    ServerWebSocket& operator=(ServerWebSocket const&) = delete;
    ~ServerWebSocket() = default;

    /// Accepts the upgrade and runs the handler; returns when the socket is closed and the handler has ended.
    /// Cancellation: terminal; the connection is closed.
    awaitable<void> run(std::unique_ptr<Request> request);

    awaitable<Result<std::string>> read() override;
    [[nodiscard]] bool send(std::string text) override { return send(std::move(text), {}); }
    [[nodiscard]] bool send(std::string text, std::function<void()> written) override;
    void close(std::uint16_t code, std::string reason) override;
    bool open() const override { return !closing_ && !ended_; }
    std::string const& peer() const override { return peer_; }
    std::string const& path() const override { return path_; }

private:
    struct Message {
        std::string text;
        std::function<void()> written;
        std::size_t cost() const { return text.size() + sizeof(Message); }
    };

    void set_options();
    awaitable<void> handle();
    awaitable<void> read_messages();
    awaitable<void> write_messages();
    awaitable<bool> write_queued();
    awaitable<void> write_close();

    ServerContext& context_;
    Stream& stream_;
    WebSocketStream websocket_;
    CloseGuard guard_;  // of the writer
    std::string peer_;
    std::string path_;
    async::BoundedQueue<std::string> incoming_;
    Failure why_closed_{Errc::closed};
    std::list<Message> outgoing_;    // a deque takes half a KiB when it is empty
    std::size_t outgoing_cost_ = 0;  // the message being written included
    std::size_t alone_ = 0;          // of that: a message longer than the buffer, which took it when it was empty
    async::WaitList writer_waits_;
    boost::beast::websocket::close_reason reason_;
    bool closing_ = false;  // a close frame is to be sent after what is queued
    bool ended_ = false;    // nothing can be sent any more
};

}  // namespace tributary::net
