#include "orchestrator/net/websocket_session.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "orchestrator/async/task_group.hpp"

namespace tributary::net {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t kIncoming = 16;
constexpr std::size_t kReadAtOnce = 256;  ///< what a client that says nothing has waiting for it
constexpr std::size_t kLongestReason = 123;
constexpr std::chrono::seconds kPingAfter(30);
constexpr std::chrono::seconds kWriteTime(30);
constexpr std::chrono::seconds kCloseTime(2);

/// At most what fits into a close frame, cut between characters.
std::string as_reason(std::string text) {
    if (text.size() <= kLongestReason) return text;
    std::size_t end = kLongestReason;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

}  // namespace

ServerWebSocket::ServerWebSocket(Stream& stream, ServerContext& context, std::string peer, std::string path)
    : context_(context),
      stream_(stream),
      websocket_(stream),
      guard_(stream),
      peer_(std::move(peer)),
      path_(std::move(path)),
      incoming_(kIncoming) {}

void ServerWebSocket::set_options() {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = kCloseTime;  // from here on only the closing one
    timeout.idle_timeout = 2 * kPingAfter;   // Beast pings after half of it
    timeout.keep_alive_pings = true;
    websocket_.set_option(timeout);
    websocket_.read_message_max(context_.settings.websocket_message);
    websocket_.auto_fragment(false);
    websocket_.text(true);
}

awaitable<void> ServerWebSocket::run(std::unique_ptr<Request> request) {
    guard_.arm(context_.settings.write_time);
    auto [code] = co_await websocket_.async_accept(*request, kTuple);
    request.reset();
    if (code) co_return;
    guard_.disarm();
    set_options();
    Counted const counted(context_.metrics.websockets);
    auto with_tasks = [this](async::TaskGroup& tasks) -> awaitable<void> {
        bool const started = tasks.spawn("websocket reader", read_messages()) &&
                             tasks.spawn("websocket writer", write_messages());
        if (started) co_await handle();
    };
    async::TaskGroup::FailureHandler report = [this](std::string_view task, std::exception_ptr const& error) {
        context_.logger.bug(task, error);
        stream_.close();
    };
    co_await async::with_group(std::move(report), std::ref(with_tasks));
}

awaitable<void> ServerWebSocket::handle() {
    std::exception_ptr error;
    try {
        co_await context_.websocket(*this);
    } catch (...) {
        error = std::current_exception();
    }
    if (async::is_cancellation(error)) std::rethrow_exception(error);
    if (error) {
        context_.logger.bug("websocket handler", error);
        close(websocket::close_code::internal_error, "internal error");
    }
    close(websocket::close_code::normal, "");
}

awaitable<void> ServerWebSocket::read_messages() {
    beast::flat_buffer buffer;
    for (;;) {
        auto [code, n] = co_await websocket_.async_read_some(buffer, kReadAtOnce, kTuple);
        if (code) {
            if (code == websocket::error::message_too_big) {
                why_closed_ = Failure(
                    Errc::too_large,
                    "the message is longer than " + std::to_string(context_.settings.websocket_message) +
                        " bytes"
                );
            }
            ended_ = true;
            break;
        }
        if (!websocket_.is_message_done()) continue;
        if (!websocket_.got_text()) {
            why_closed_ = Failure(Errc::not_supported, "a binary message");
            close(websocket::close_code::unknown_data, "only text messages are understood");
            break;
        }
        std::string text = beast::buffers_to_string(buffer.data());
        buffer.consume(buffer.size());
        if (!co_await incoming_.push(std::move(text))) break;
    }
    incoming_.close();
    (void)writer_waits_.wake_one();
}

awaitable<void> ServerWebSocket::write_messages() {
    bool more = true;
    while (more) more = co_await write_queued();
    if (!ended_) co_await write_close();
    ended_ = true;
    outgoing_.clear();
    stream_.close();
    incoming_.close();
}

/// Writes one message, waiting for it. False: nothing more is to be written.
awaitable<bool> ServerWebSocket::write_queued() {
    while (outgoing_.empty() && open()) (void)co_await writer_waits_.wait();
    if (ended_ || outgoing_.empty()) co_return false;
    Message const message = std::move(outgoing_.front());
    outgoing_.pop_front();
    guard_.arm(kWriteTime);
    auto [code, n] = co_await websocket_.async_write(asio::buffer(message.text), kTuple);
    if (code) ended_ = true;
    if (code) co_return false;
    guard_.disarm();
    outgoing_cost_ -= message.cost();
    alone_ = 0;
    context_.metrics.websocket_messages.add();
    if (message.written) message.written();
    co_return true;
}

awaitable<void> ServerWebSocket::write_close() {
    guard_.arm(kCloseTime);
    (void)co_await websocket_.async_close(reason_, kTuple);
    guard_.disarm();
}

awaitable<Result<std::string>> ServerWebSocket::read() {
    auto message = co_await incoming_.pop();
    if (message) co_return std::move(*message);
    co_return why_closed_;
}

bool ServerWebSocket::send(std::string text, std::function<void()> written) {
    if (!open()) return false;
    Message message{std::move(text), std::move(written)};
    auto const buffer = context_.settings.websocket_send_buffer;
    // One message alone is always taken, however long it is, and leaves the buffer to what is sent meanwhile.
    if (outgoing_cost_ == 0 && message.cost() > buffer) {
        alone_ = message.cost();
    } else if (outgoing_cost_ != 0 && outgoing_cost_ - alone_ + message.cost() > buffer) {
        context_.metrics.slow_readers.add();
        outgoing_.clear();
        close(websocket::close_code::try_again_later, "too slow: what was not sent is kept");
        guard_.arm(kCloseTime);
        return false;
    }
    outgoing_cost_ += message.cost();
    outgoing_.push_back(std::move(message));
    (void)writer_waits_.wake_one();
    return true;
}

void ServerWebSocket::close(std::uint16_t code, std::string reason) {
    if (!open()) return;
    closing_ = true;
    reason_.code = static_cast<websocket::close_code>(code);
    reason_.reason = as_reason(std::move(reason));
    incoming_.close();
    (void)writer_waits_.wake_one();
}

}  // namespace tributary::net
