#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "orchestrator/async/worker.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/net/websocket_client.hpp"
#include "tests/support/async.hpp"
#include "tests/support/fake_server.hpp"

namespace tributary::net {

using namespace std::chrono_literals;
using async::Deadline;
using async::Root;

/// A loop with a client on it. A test runs one coroutine; servers are stopped when it has ended.
struct NetFixture {
    explicit NetFixture(HttpClient::Settings settings = {})
        : client(ctx.get_executor(), clock, worker, tls, metrics, settings) {}
    ~NetFixture() { worker.stop(); }
    NetFixture(NetFixture const&) = delete;
    NetFixture& operator=(NetFixture const&) = delete;

    void run(awaitable<void> task) {
        Root root(ctx);
        root.start(std::move(task));
        wait_for(root);
        fake.stop();
        if (server) {
            Root end(ctx);
            end.start(server->drain(in(1s)));
            wait_for(end);
        }
        ctx.restart();
        ctx.run_for(10s);
        INFO(root.what());
        REQUIRE(root.succeeded());
    }
    void wait_for(Root const& root) {
        ctx.restart();
        auto const end = std::chrono::steady_clock::now() + 60s;
        while (!root.finished() && std::chrono::steady_clock::now() < end) ctx.run_one_for(100ms);
        REQUIRE(root.finished());
    }
    Deadline in(std::chrono::steady_clock::duration time) const { return Deadline::after(clock, time); }

    ClientRequest get(std::string const& url) const {
        ClientRequest request;
        request.url = *parse_url(url);
        return request;
    }
    awaitable<Result<ClientResponse>> send(ClientRequest request) {
        return client.send(in(10s), std::move(request));
    }

    void serve(
        HttpServer::Settings settings,
        HttpServer::Handler handler,
        HttpServer::WebSocketHandler websocket = {}
    ) {
        auto page = [](Failure const& failure) {
            return ServerResponse(status_of(failure), "text/plain", failure.detail());
        };
        server = std::make_unique<HttpServer>(
            ctx.get_executor(),
            clock,
            std::move(settings),
            std::move(handler),
            std::move(websocket),
            page,
            Logger(),
            metrics
        );
        auto listening = server->listen();
        INFO((listening ? std::string() : listening.error().detail()));
        REQUIRE(listening.has_value());
        server->start();
    }
    std::string url(std::string const& target) const {
        return "http://127.0.0.1:" + std::to_string(server->port()) + target;
    }
    static unsigned status_of(Failure const& failure) {
        switch (failure.errc()) {
            case Errc::too_large:
                return 413;
            case Errc::head_too_large:
                return 431;
            case Errc::slow:
                return 408;
            case Errc::forbidden:
                return 403;
            case Errc::media_type:
                return 415;
            case Errc::bug:
                return 500;
            default:
                return 400;
        }
    }

    boost::asio::io_context ctx{1};
    async::SystemClock clock;
    async::Worker worker{ctx.get_executor()};
    TlsContexts tls;
    Metrics metrics;
    HttpClient client;
    FakeServer fake{ctx};
    std::unique_ptr<HttpServer> server;
};

}  // namespace tributary::net
