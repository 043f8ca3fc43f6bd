#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tributary {

/// A client on 127.0.0.1 that says what a test gives it, byte by byte. Gives up after 20 s. Owner: the test's coroutine.
class RawClient {
public:
    explicit RawClient(boost::asio::any_io_executor ex) : socket_(ex), watchdog_(ex) {
        watchdog_.expires_after(std::chrono::seconds(20));
        watchdog_.async_wait([this](boost::system::error_code code) {
            if (!code) close();
        });
    }
    RawClient(RawClient const&) = delete;
    RawClient& operator=(RawClient const&) = delete;
    ~RawClient() { watchdog_.cancel(); }

    boost::asio::awaitable<bool> connect(std::uint16_t port) {
        tcp::endpoint const endpoint(boost::asio::ip::address_v4::loopback(), port);
        auto [code] = co_await socket_.async_connect(endpoint, kTuple);
        co_return !code;
    }
    /// False: the other side has closed.
    boost::asio::awaitable<bool> write(std::string bytes) {
        auto [code, n] = co_await boost::asio::async_write(socket_, boost::asio::buffer(bytes), kTuple);
        co_return !code;
    }
    /// What came up to and with `marker`; less when the connection ended before.
    boost::asio::awaitable<std::string> read_until(std::string marker) {
        bool open = true;
        auto end = received_.find(marker);
        while (open && end == std::string::npos) {
            open = co_await read_some();
            end = received_.find(marker);
        }
        std::size_t const length = end == std::string::npos ? received_.size() : end + marker.size();
        co_return take(length);
    }
    boost::asio::awaitable<std::string> read(std::size_t bytes) {
        bool open = true;
        while (open && received_.size() < bytes) open = co_await read_some();
        co_return take(std::min(bytes, received_.size()));
    }
    /// Until the other side closes.
    boost::asio::awaitable<std::string> read_all() {
        bool open = true;
        while (open) open = co_await read_some();
        co_return take(received_.size());
    }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    using tcp = boost::asio::ip::tcp;
    static constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

    boost::asio::awaitable<bool> read_some() {
        std::string chunk(65536, '\0');
        auto [code, n] = co_await socket_.async_read_some(boost::asio::buffer(chunk), kTuple);
        received_.append(chunk, 0, n);
        co_return !code;
    }
    std::string take(std::size_t bytes) {
        std::string taken = received_.substr(0, bytes);
        received_.erase(0, bytes);
        return taken;
    }

    tcp::socket socket_;
    boost::asio::steady_timer watchdog_;
    std::string received_;
};

}  // namespace tributary
