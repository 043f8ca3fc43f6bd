#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"

namespace tributary {

/// A server on 127.0.0.1 that does what it is told, byte by byte, and keeps what it was asked. Runs on the test's loop.
/// Each request takes the next step of the script; the last step repeats. Ends: stop(), then the loop runs until its tasks have ended.
class FakeServer {
public:
    explicit FakeServer(boost::asio::io_context& ctx)
        : acceptor_(ctx, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
          tasks_(ctx.get_executor(), [](std::string_view, std::exception_ptr const&) {}) {
        (void)tasks_.spawn("accept", accept());
    }

    /// Answers with these bytes and waits for the next request on the same connection.
    FakeServer& reply(std::string bytes) { return add(Step{std::move(bytes), Then::keep}); }
    FakeServer& reply_and_close(std::string bytes) { return add(Step{std::move(bytes), Then::close}); }
    /// Answers with these bytes and then says nothing more.
    FakeServer& stall(std::string bytes = {}) { return add(Step{std::move(bytes), Then::stall}); }
    FakeServer& close() { return add(Step{{}, Then::close}); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(std::string_view target = "/") const {
        return "http://127.0.0.1:" + std::to_string(port()) + std::string(target);
    }
    /// Head and body of each request, as they came.
    std::vector<std::string> const& requests() const { return requests_; }
    std::size_t connections() const { return connections_; }
    /// Connections the other side has closed.
    std::size_t ended() const { return ended_; }
    void stop() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        tasks_.cancel();
    }

    /// "HTTP/1.1 200 OK" with the length of the body.
    static std::string ok(std::string_view body, std::string_view fields = {}) {
        return "HTTP/1.1 200 OK\r\n" + std::string(fields) +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    }

private:
    using tcp = boost::asio::ip::tcp;
    enum class Then { keep, close, stall };
    struct Step {
        std::string bytes;
        Then then;
    };
    static constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

    FakeServer& add(Step step) {
        script_.push_back(std::move(step));
        return *this;
    }
    Step next() {
        if (script_.empty()) return Step{{}, Then::stall};
        Step step = script_.front();
        if (script_.size() > 1) script_.pop_front();
        return step;
    }
    static std::size_t length_of(std::string_view head) {
        auto const field = head.find("Content-Length: ");
        return field == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(field + 16, 20)));
    }

    async::awaitable<void> accept() {
        for (;;) {
            auto [code, socket] = co_await acceptor_.async_accept(kTuple);
            if (code) co_return;
            ++connections_;
            if (!tasks_.spawn("connection", serve(std::move(socket)))) co_return;
        }
    }
    async::awaitable<void> serve(tcp::socket socket) {
        std::string received;
        std::string chunk(65536, '\0');
        for (;;) {
            auto const end = received.find("\r\n\r\n");
            std::size_t const whole =
                end == std::string::npos ? 0 : end + 4 + length_of(received.substr(0, end));
            if (whole == 0 || received.size() < whole) {
                auto [code, n] = co_await socket.async_read_some(boost::asio::buffer(chunk), kTuple);
                if (code) break;
                received.append(chunk, 0, n);
                continue;
            }
            requests_.push_back(received.substr(0, whole));
            received.erase(0, whole);
            Step const step = next();
            (void)co_await boost::asio::async_write(socket, boost::asio::buffer(step.bytes), kTuple);
            if (step.then == Then::close) co_return;
            if (step.then == Then::stall) {
                (void)co_await socket.async_read_some(boost::asio::buffer(chunk), kTuple);
                break;
            }
        }
        ++ended_;
    }

    tcp::acceptor acceptor_;
    std::deque<Step> script_;
    std::vector<std::string> requests_;
    std::size_t connections_ = 0;
    std::size_t ended_ = 0;
    async::TaskGroup tasks_;
};

}  // namespace tributary
