#include "orchestrator/net/http_server.hpp"

#include <list>
#include <map>
#include <stdexcept>

#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/net/server_context.hpp"
#include "orchestrator/net/server_session.hpp"

namespace tributary::net {

namespace {

constexpr std::chrono::milliseconds kAcceptPause(100);
constexpr std::size_t kTurnedAway =
    64;  // so many are told that there are too many; further ones are just closed

/// Out of descriptors or memory: accepting again at once would only spin.
bool is_exhausted(error_code code) {
    namespace errc = boost::system::errc;
    return code == errc::too_many_files_open || code == errc::too_many_files_open_in_system ||
           code == errc::no_buffer_space || code == errc::not_enough_memory;
}

std::string advice(error_code code) {
    namespace errc = boost::system::errc;
    if (code == errc::address_in_use)
        return "the port is in use: stop the other program, or choose another port (0: any)";
    if (code == errc::address_not_available)
        return "this machine has no such address: use one of its own, or 127.0.0.1";
    if (code == errc::permission_denied) return "no permission: choose a port above 1023";
    return code.message();
}

/// "" of a client that is gone already.
std::string address_of(tcp::socket const& socket) {
    error_code code;
    auto const remote = socket.remote_endpoint(code);
    return code ? std::string() : remote.address().to_string();
}

asio::ip::address read_listen_address(std::string const& address, error_code& code) {
    return asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, code);
}

}  // namespace

bool is_listen_address(std::string const& address) {
    error_code code;
    (void)read_listen_address(address, code);
    return !code;
}

ServerMetrics::ServerMetrics(Metrics& metrics, std::string const& name)
    : all(metrics),
      server(name),
      connections(metrics.gauge("tributary_http_connections", "Open connections.", {{"server", name}})),
      requests_in_flight(
          metrics.gauge("tributary_http_requests_in_flight", "Requests being answered.", {{"server", name}})
      ),
      requests(
          metrics.counter("tributary_http_requests_total", "Requests that arrived whole.", {{"server", name}})
      ),
      accept_errors(metrics.counter(
          "tributary_http_accept_errors_total",
          "Connections not accepted for want of descriptors or memory.",
          {{"server", name}}
      )),
      sent_bytes(metrics.counter("tributary_http_sent_bytes_total", "Bytes of responses.", {{"server", name}})
      ),
      answer_bytes(
          metrics.gauge("tributary_http_answer_bytes", "Bytes of answers under way.", {{"server", name}})
      ),
      answers_refused(metrics.counter(
          "tributary_http_answers_refused_total",
          "Answers not given because those under way held too many bytes.",
          {{"server", name}}
      )),
      websockets(metrics.gauge("tributary_websocket_sessions", "Open WebSockets.", {{"server", name}})),
      websocket_messages(
          metrics.counter("tributary_websocket_messages_total", "Messages written.", {{"server", name}})
      ),
      slow_readers(metrics.counter(
          "tributary_websocket_slow_readers_total",
          "WebSockets closed because they did not read.",
          {{"server", name}}
      )) {}

Metrics::Counter& ServerMetrics::refused(std::string const& reason) {
    return all.counter(
        "tributary_http_refused_total",
        "Requests and connections refused before a handler saw them.",
        {{"server", server}, {"reason", reason}}
    );
}

ServerResponse::ServerResponse(unsigned status_code, std::string content_type, std::string content)
    : status(status_code), body(std::move(content)) {
    headers.add("Content-Type", std::move(content_type));
}

struct HttpServer::Impl {
    Impl(boost::asio::any_io_executor ex, ServerContext c)
        : context(std::move(c)),
          acceptor(ex),
          tasks(ex, [this](std::string_view task, std::exception_ptr const& error) {
              context.logger.bug(task, error);
          }) {}

    Result<void> listen();
    awaitable<void> accept();
    awaitable<void> serve(tcp::socket socket);
    bool has_too_many(tcp::socket const& socket) const;
    void turn_away(tcp::socket socket);
    awaitable<void> say_too_many(tcp::socket socket);

    ServerContext context;
    tcp::acceptor acceptor;
    std::list<ServerSession*> sessions;
    std::map<std::string, std::size_t> by_address;
    std::size_t turned_away = 0;
    async::TaskGroup tasks;
};

Result<void> HttpServer::Impl::listen() {
    auto const& settings = context.settings;
    if (!settings.tls.certificate_file.empty()) {
        auto tls = TlsContexts::server(settings.tls);
        if (!tls) return tls.error();
        context.tls = std::move(*tls);
    }
    std::string const where = settings.address + ":" + std::to_string(settings.port) + ": ";
    error_code code;
    auto const address = read_listen_address(settings.address, code);
    if (code) return Failure(Errc::connect, where + "not an IP address");
    tcp::endpoint const endpoint(address, settings.port);
    acceptor.open(endpoint.protocol(), code);
    if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor.bind(endpoint, code);
    if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
    if (!code) return {};
    error_code ignored;
    acceptor.close(ignored);
    return Failure(Errc::connect, where + advice(code));
}

awaitable<void> HttpServer::Impl::accept() {
    for (;;) {
        auto [code, socket] = co_await acceptor.async_accept(kTuple);
        if (!acceptor.is_open()) co_return;
        if (is_exhausted(code)) {
            context.metrics.accept_errors.add();
            co_await context.clock.sleep_for(kAcceptPause);
        }
        if (code) continue;
        if (sessions.size() >= context.settings.connections || has_too_many(socket)) {
            turn_away(std::move(socket));
        } else if (!tasks.spawn("http session", serve(std::move(socket)))) {
            co_return;
        }
    }
}

bool HttpServer::Impl::has_too_many(tcp::socket const& socket) const {
    auto const there = by_address.find(address_of(socket));
    return there != by_address.end() && there->second >= context.settings.connections_per_address;
}

awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
    struct Listed {
        Listed(Impl& server, ServerSession& session, std::string address)
            : server_(server),
              place_(server.sessions.insert(server.sessions.end(), &session)),
              of_address_(server.by_address.try_emplace(std::move(address)).first) {
            ++of_address_->second;
        }
        Listed(Listed const&) = delete;
        Listed& operator=(Listed const&) = delete;
        ~Listed() {
            server_.sessions.erase(place_);
            if (--of_address_->second == 0) server_.by_address.erase(of_address_);
        }
        Impl& server_;
        std::list<ServerSession*>::iterator place_;
        std::map<std::string, std::size_t>::iterator of_address_;
    };
    auto address = address_of(socket);
    ServerSession session(context, std::move(socket));
    Listed const listed(*this, session, std::move(address));
    Counted const counted(context.metrics.connections);
    co_await session.run();
}

void HttpServer::Impl::turn_away(tcp::socket socket) {
    context.metrics.refused("connections").add();
    if (context.tls || turned_away >= kTurnedAway) return;
    (void)tasks.spawn("http session turned away", say_too_many(std::move(socket)));
}

awaitable<void> HttpServer::Impl::say_too_many(tcp::socket socket) {
    struct Turned {
        explicit Turned(std::size_t& count) : count_(count) { ++count_; }
        Turned(Turned const&) = delete;
        Turned& operator=(Turned const&) = delete;
        ~Turned() { --count_; }
        std::size_t& count_;
    };
    Turned const turned(turned_away);
    ServerSession session(context, std::move(socket));
    co_await session.turn_away();
}

HttpServer::HttpServer(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    Settings settings,
    Handler handler,
    WebSocketHandler websocket,
    ErrorPage error_page,
    Logger logger,
    Metrics& metrics
) {
    ServerMetrics const numbers(metrics, settings.name);
    ServerContext context{
        clock,
        std::move(settings),
        std::move(handler),
        std::move(websocket),
        std::move(error_page),
        std::move(logger),
        numbers,
        {}
    };
    impl_ = std::make_unique<Impl>(std::move(ex), std::move(context));
}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::listen() { return impl_->listen(); }

void HttpServer::start() {
    if (!impl_->tasks.spawn("http accept", impl_->accept())) throw std::logic_error("started after drain");
}

std::uint16_t HttpServer::port() const {
    error_code code;
    auto const endpoint = impl_->acceptor.local_endpoint(code);
    return code ? std::uint16_t{0} : endpoint.port();
}

awaitable<void> HttpServer::drain(async::Deadline deadline) {
    impl_->context.draining = true;
    error_code ignored;
    impl_->acceptor.close(ignored);
    for (ServerSession* const session : impl_->sessions) session->drain();
    auto ended = impl_->tasks.join();
    (void)co_await async::with_deadline(impl_->context.clock, deadline, std::move(ended));
    if (impl_->tasks.empty()) co_return;
    impl_->tasks.cancel();
    co_await impl_->tasks.join();
}

}  // namespace tributary::net
