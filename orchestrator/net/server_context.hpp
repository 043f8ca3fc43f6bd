#pragma once
#include <string>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/net/counted.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::net {

/// The numbers of one server.
struct ServerMetrics {
    ServerMetrics(Metrics& metrics, std::string const& server);
    Metrics::Counter& refused(std::string const& reason);

    Metrics& all;
    std::string server;
    Metrics::Gauge& connections;
    Metrics::Gauge& requests_in_flight;
    Metrics::Counter& requests;
    Metrics::Counter& accept_errors;
    Metrics::Counter& sent_bytes;
    Metrics::Gauge& answer_bytes;
    Metrics::Counter& answers_refused;
    Metrics::Gauge& websockets;
    Metrics::Counter& websocket_messages;
    Metrics::Counter& slow_readers;
};

/// What all sessions of a server share. Only for .cpp files of this folder. Owner: the server, outlives its sessions.
struct ServerContext {
    async::Clock& clock;
    HttpServer::Settings settings;
    HttpServer::Handler handler;
    HttpServer::WebSocketHandler websocket;
    HttpServer::ErrorPage error_page;
    Logger logger;
    ServerMetrics metrics;
    TlsContextPtr tls;  ///< empty: plain
    bool draining = false;
    std::size_t answer_bytes = 0;  ///< of answers under way
};

}  // namespace tributary::net
