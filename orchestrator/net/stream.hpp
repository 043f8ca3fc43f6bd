#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/net/tls_context.hpp"

namespace tributary::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// A TCP connection, with TLS or without, behind one face: a branch for each operation instead of a second copy of every template.
/// Only for .cpp files of this folder. Owner: one session or call; stays in its place. Thread: the loop.
class Stream {
public:
    using executor_type = tcp::socket::executor_type;

    /// Without TLS when `tls` is empty.
    Stream(tcp::socket socket, TlsContextPtr tls) : socket_(std::move(socket)), tls_(std::move(tls)) {
        if (tls_) secured_.emplace(socket_, tls_->get());
    }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    executor_type get_executor() { return socket_.get_executor(); }
    tcp::socket& socket() { return socket_; }
    bool secure() const { return secured_.has_value(); }
    TlsContextPtr const& tls() const { return tls_; }
    /// Precondition: secure().
    asio::ssl::stream<tcp::socket&>& secured() { return *secured_; }

    /// These bytes come first in what is read next.
    void unread(std::string_view bytes) { pending_.insert(0, bytes); }
    /// Ends every operation under way with operation_aborted. Idempotent.
    void close() noexcept {
        error_code ignored;
        socket_.close(ignored);
    }
    /// The other side sees the end of what we send and can still send itself. TLS has no such state.
    void shutdown_send() noexcept {
        error_code ignored;
        if (!secure()) socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, Buffers const& into) {
                if (!pending_.empty()) {
                    std::size_t const taken = asio::buffer_copy(into, asio::buffer(pending_));
                    pending_.erase(0, taken);
                    asio::post(get_executor(), asio::append(std::move(handler), error_code(), taken));
                } else if (secured_) {
                    secured_->async_read_some(into, std::move(handler));
                } else {
                    socket_.async_read_some(into, std::move(handler));
                }
            },
            token,
            buffers
        );
    }
    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, Buffers const& from) {
                if (secured_) {
                    secured_->async_write_some(from, std::move(handler));
                } else {
                    socket_.async_write_some(from, std::move(handler));
                }
            },
            token,
            buffers
        );
    }

private:
    tcp::socket socket_;
    TlsContextPtr tls_;
    std::optional<asio::ssl::stream<tcp::socket&>> secured_;
    std::string pending_;
};

}  // namespace tributary::net
