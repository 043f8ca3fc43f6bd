#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"

namespace tributary {

/// A server on 127.0.0.1 that does what it is told, byte by byte, and keeps what it was asked. Runs on the test's loop.
/// Each request takes the next step of the script; the last step repeats. Ends: stop(), then the loop runs until its tasks have ended.
class FakeServer {
public:
    explicit FakeServer(boost::asio::io_context& ctx);

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
    void stop();

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
    async::awaitable<void> accept();
    async::awaitable<void> serve(tcp::socket socket);

    tcp::acceptor acceptor_;
    std::deque<Step> script_;
    std::vector<std::string> requests_;
    std::size_t connections_ = 0;
    std::size_t ended_ = 0;
    async::TaskGroup tasks_;
};

}  // namespace tributary
