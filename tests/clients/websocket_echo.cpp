// Our WebSocket session, which says back what it is told. Prints "ready port=N" and runs until it is killed.

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::net {
namespace {

constexpr std::size_t kLongestMessage = std::size_t{16} << 20U;

awaitable<void> echo(WebSocketSession& session) {
    for (auto open = true; open;) {
        auto message = co_await session.read();
        open = message && session.send(std::move(*message));
    }
}

awaitable<ServerResponse> refuse(ServerRequest) {
    co_return ServerResponse(404, "text/plain", "A WebSocket at /echo, and nothing else");
}

}  // namespace
}  // namespace tributary::net

int main() {
    using namespace tributary;
    boost::asio::io_context loop(1);
    async::SystemClock clock;
    Metrics metrics;
    net::HttpServer::Settings settings;
    settings.websocket_paths = {"/echo"};
    settings.websocket_message = net::kLongestMessage;
    settings.websocket_send_buffer = 4 * net::kLongestMessage;
    auto const error_page = [](Failure const& failure) {
        return net::ServerResponse(400, "text/plain", failure.detail());
    };
    net::HttpServer server(
        loop.get_executor(), clock, std::move(settings), net::refuse, net::echo, error_page, Logger(), metrics
    );
    if (auto const listening = server.listen(); !listening) {
        std::cerr << listening.error().detail() << '\n';
        return EXIT_FAILURE;
    }
    server.start();
    std::cout << "ready port=" << server.port() << std::endl;
    loop.run();
    return EXIT_SUCCESS;
}
