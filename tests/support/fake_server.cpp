#include "tests/support/fake_server.hpp"

#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tributary {
namespace {

constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

std::size_t length_of(std::string_view head) {
    auto const field = head.find("Content-Length: ");
    return field == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(field + 16, 20)));
}

}  // namespace

FakeServer::FakeServer(boost::asio::io_context& ctx)
    : acceptor_(ctx, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      tasks_(ctx.get_executor(), [](std::string_view, std::exception_ptr error) {
          std::rethrow_exception(std::move(error));  // out of the loop, into the test
      }) {
    (void)tasks_.spawn("accept", accept());
}

void FakeServer::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    tasks_.cancel();
}

async::awaitable<void> FakeServer::accept() {
    for (;;) {
        auto [code, socket] = co_await acceptor_.async_accept(kTuple);
        if (code) co_return;
        ++connections_;
        if (!tasks_.spawn("connection", serve(std::move(socket)))) co_return;
    }
}

async::awaitable<void> FakeServer::serve(tcp::socket socket) {
    std::string received;
    std::string chunk(65536, '\0');
    for (;;) {
        auto const end = received.find("\r\n\r\n");
        std::size_t const whole = end == std::string::npos ? 0 : end + 4 + length_of(received.substr(0, end));
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
            boost::system::error_code closed;
            while (!closed) {
                auto [code, n] = co_await socket.async_read_some(boost::asio::buffer(chunk), kTuple);
                closed = code;
            }
            break;
        }
    }
    ++ended_;
}

}  // namespace tributary
