#include "orchestrator/net/websocket_client.hpp"

#include <optional>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "orchestrator/net/close_guard.hpp"
#include "orchestrator/net/connector.hpp"
#include "orchestrator/net/websocket_stream.hpp"

namespace tributary::net {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t kLongestMessage = std::size_t{64} << 20U;
constexpr std::chrono::seconds kCloseTime(2);
constexpr std::chrono::seconds kDnsLife(60);

}  // namespace

struct WebSocketClient::Impl {
    /// What there is once connected.
    struct Connection {
        explicit Connection(std::unique_ptr<Stream> opened)
            : stream(std::move(opened)), websocket(*stream), reading(*stream), writing(*stream) {}
        std::unique_ptr<Stream> stream;
        WebSocketStream websocket;
        CloseGuard reading;
        CloseGuard writing;
        beast::flat_buffer buffer;
    };

    Impl(
        boost::asio::any_io_executor ex,
        async::Clock& c,
        TlsContextPtr t,
        std::chrono::milliseconds silent_for
    )
        : clock(c), tls(std::move(t)), silent(silent_for), connector(std::move(ex), c, kDnsLife) {}

    awaitable<Result<void>> upgrade(async::Deadline deadline, Url const& url) const;

    async::Clock& clock;
    TlsContextPtr tls;
    std::chrono::milliseconds silent;
    Connector connector;
    std::unique_ptr<Connection> connection;
};

awaitable<Result<void>> WebSocketClient::Impl::upgrade(async::Deadline deadline, Url const& url) const {
    auto& websocket = connection->websocket;
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = websocket::stream_base::none();  // ours is the deadline
    timeout.idle_timeout = silent;
    websocket.set_option(timeout);
    websocket.read_message_max(kLongestMessage);
    connection->writing.arm(clock, deadline);
    websocket::response_type answer;
    auto [code] = co_await websocket.async_handshake(answer, url.authority(), url.target, kTuple);
    connection->writing.disarm();
    if (code == websocket::error::upgrade_declined) {
        auto const status = answer.result_int();
        co_return Failure(Errc::http_status, "status " + std::to_string(status)).with_status(status);
    }
    if (code) co_return connection->writing.failure(Errc::protocol, code);
    co_return Result<void>();
}

WebSocketClient::WebSocketClient(
    boost::asio::any_io_executor ex, async::Clock& clock, TlsContextPtr tls, std::chrono::milliseconds silent
)
    : impl_(std::make_unique<Impl>(std::move(ex), clock, std::move(tls), silent)) {}

WebSocketClient::~WebSocketClient() = default;

awaitable<Result<void>> WebSocketClient::connect(async::Deadline deadline, Url url) {
    if (url.secure() && !impl_->tls) {
        auto trust = TlsContexts().client(TlsClientSettings());
        if (!trust) co_return trust.error();
        impl_->tls = std::move(*trust);
    }
    auto opened = co_await impl_->connector.open(
        deadline, async::Clock::Duration::max(), url, AddressPolicy(), impl_->tls
    );
    if (!opened) co_return opened.error();
    impl_->connection = std::make_unique<Impl::Connection>(std::move(*opened));
    auto upgraded = co_await impl_->upgrade(deadline, url);
    if (!upgraded) impl_->connection.reset();
    co_return upgraded;
}

awaitable<Result<void>> WebSocketClient::send(async::Deadline deadline, std::string text) {
    if (!impl_->connection) co_return Failure(Errc::closed);
    auto& connection = *impl_->connection;
    connection.writing.arm(impl_->clock, deadline);
    auto [code, n] = co_await connection.websocket.async_write(asio::buffer(text), kTuple);
    connection.writing.disarm();
    if (code) co_return connection.writing.failure(Errc::closed, code);
    co_return Result<void>();
}

awaitable<Result<std::string>> WebSocketClient::read(async::Deadline deadline) {
    if (!impl_->connection) co_return Failure(Errc::closed);
    auto& connection = *impl_->connection;
    connection.reading.arm(impl_->clock, deadline);
    auto [code, n] = co_await connection.websocket.async_read(connection.buffer, kTuple);
    connection.reading.disarm();
    if (code == websocket::error::closed) {
        co_return Failure(Errc::closed, std::to_string(connection.websocket.reason().code));
    }
    if (code == beast::error::timeout) co_return Failure(Errc::timeout, "nothing has come for too long");
    if (code) co_return connection.reading.failure(Errc::protocol, code);
    std::string text = beast::buffers_to_string(connection.buffer.data());
    connection.buffer.consume(connection.buffer.size());
    co_return text;
}

awaitable<void> WebSocketClient::close() {
    if (!impl_->connection) co_return;
    auto& connection = *impl_->connection;
    connection.writing.arm(kCloseTime);
    if (connection.websocket.is_open()) {
        (void)co_await connection.websocket.async_close(websocket::close_code::normal, kTuple);
    }
    connection.stream->close();
}

}  // namespace tributary::net
