#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/net/http_server.hpp"
#include "tests/support/catch.hpp"

namespace tributary::delivery {

/// The app's end of a WebSocket, without the network.
class FakeSession final : public net::WebSocketSession {
public:
    boost::asio::awaitable<Result<std::string>> read() override {
        auto text = co_await said_.pop();
        if (!text) co_return Failure(Errc::closed);
        co_return std::move(*text);
    }
    bool send(std::string text) override {
        return send(std::move(text), [] {});
    }
    bool send(std::string text, std::function<void()> written) override {
        auto const size = text.size();
        bool const fits = unsent_ == 0 || unsent_ + size <= buffer;
        if (full || !fits || !open_) {
            open_ = false;
            said_.close();
            return false;
        }
        frames.push_back(std::move(text));
        unsent_ += size;
        unwritten.push_back([this, size, told = std::move(written)] {
            unsent_ -= size;
            told();
        });
        while (!stalled && !unwritten.empty()) take();
        return true;
    }
    void close(std::uint16_t code, std::string reason) override {
        if (!open_) return;
        open_ = false;
        closed = std::to_string(code) + " " + reason;
        said_.close();
    }
    bool open() const override { return open_; }
    std::string const& peer() const override { return peer_; }
    std::string const& path() const override { return path_; }

    void say(std::string text) { REQUIRE(said_.try_push(std::move(text))); }
    /// The app takes the oldest frame it has not taken yet.
    void take() {
        auto const written = std::move(unwritten.front());
        unwritten.erase(unwritten.begin());
        written();
    }
    void leave() {
        open_ = false;
        said_.close();
    }

    std::vector<std::string> frames;
    std::vector<std::function<void()>> unwritten;
    std::string closed;
    bool full = false, stalled = false;
    std::size_t buffer = std::size_t{1} << 20U;  ///< closed when more is unsent, but for one frame alone

private:
    async::BoundedQueue<std::string> said_{16};
    bool open_ = true;
    std::size_t unsent_ = 0;
    std::string peer_ = "127.0.0.1", path_ = "/fhir/ws";
};

}  // namespace tributary::delivery
