#include "orchestrator/net/server_session.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <boost/asio/write.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "fhir/base/ascii.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/net/content_coding.hpp"
#include "orchestrator/net/response_head.hpp"
#include "orchestrator/net/websocket_session.hpp"

namespace tributary::net {

namespace {

namespace http = boost::beast::http;

constexpr std::chrono::seconds kHandshakeTime(10);
constexpr std::chrono::seconds kGoodbyeTime(2);
constexpr std::size_t kGoodbyeBytes = std::size_t{8} << 20U;
// A client that sends far too much reads our answer only when it is done sending.
constexpr std::chrono::seconds kDrainTime(60);
constexpr std::size_t kDrainBytes = std::size_t{256} << 20U;
constexpr std::size_t kWriteSlice = std::size_t{256} << 10U;
constexpr std::size_t kSmallAnswer = std::size_t{16} << 10U;  // given whatever else is under way
constexpr std::chrono::seconds kTurnedAwayTime(1);
constexpr std::size_t kInflateSlice = std::size_t{256} << 10U;
constexpr std::size_t kWiden = std::size_t{64} << 10U;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Runs the hook exactly once, also when the frame that holds it is cancelled.
class AfterWrite {
public:
    explicit AfterWrite(std::function<void()> hook) : hook_(std::move(hook)) {}
    AfterWrite(AfterWrite const&) = delete;
    AfterWrite& operator=(AfterWrite const&) = delete;
    ~AfterWrite() {
        if (hook_) hook_();
    }

private:
    std::function<void()> hook_;
};

/// Counts among the answers under way while it lives.
class UnderWay {
public:
    UnderWay(ServerContext& context, std::size_t bytes) : context_(context), bytes_(bytes) { count(true); }
    UnderWay(UnderWay const&) = delete;
    UnderWay& operator=(UnderWay const&) = delete;
    ~UnderWay() { count(false); }

private:
    void count(bool comes) {
        if (comes) context_.answer_bytes += bytes_;
        if (!comes) context_.answer_bytes -= bytes_;
        context_.metrics.answer_bytes.set(static_cast<double>(context_.answer_bytes));
    }

    ServerContext& context_;
    std::size_t bytes_;
};

Failure failure_of(error_code code) {
    if (code == http::error::body_limit)
        return Failure(Errc::too_large, "the body of the request is too large");
    if (code == http::error::header_limit)
        return Failure(Errc::head_too_large, "the head of the request is too large");
    return Failure(Errc::malformed, "the request is not HTTP/1.1: " + code.message());
}

std::string_view as_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// Path and query; of an absolute form ("GET http://host/path") only those.
std::string_view target_of(http::request_header<> const& head) {
    std::string_view target = as_view(head.target());
    auto const scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string_view::npos) return target;
    auto const path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string_view path_of(http::request_header<> const& head) {
    std::string_view const target = target_of(head);
    return target.substr(0, target.find('?'));
}

/// What keeps an upgrade from becoming a WebSocket; not_supported: its version. Source: RFC 6455 4.2.
std::optional<Failure> handshake_problem(http::request_header<> const& head) {
    constexpr std::size_t kKeyLength = 24;  // of 16 bytes in base64
    if (as_view(head[http::field::sec_websocket_version]) != "13")
        return Failure(
            Errc::not_supported, "WebSockets of version 13 are offered: Sec-WebSocket-Version: 13"
        );
    if (as_view(head[http::field::sec_websocket_key]).size() != kKeyLength)
        return Failure(Errc::invalid, "Sec-WebSocket-Key is 16 bytes in base64");
    return std::nullopt;
}

/// "" where there is none, or where the head has not been read to its end.
std::string origin_of(http::request_header<> const& head) {
    return std::string(as_view(head[http::field::origin]));
}

/// What makes it unsafe to answer: another server may tell its end, or its host, otherwise. Source: RFC 9112 3.2 and 6.3.
std::optional<Failure> fault_of(http::request_header<> const& head, bool chunked) {
    if (head.version() >= 11 && head.count(http::field::host) != 1)
        return Failure(Errc::malformed, "a request names its host once");
    if (!chunked && head.count(http::field::transfer_encoding) > 0)
        return Failure(Errc::malformed, "the only Transfer-Encoding taken here is chunked");
    return std::nullopt;
}

}  // namespace

ServerSession::ServerSession(ServerContext& context, tcp::socket socket)
    : context_(context), stream_(std::move(socket), context.tls), guard_(stream_) {
    error_code code;
    stream_.socket().set_option(tcp::no_delay(true), code);
    auto const remote = stream_.socket().remote_endpoint(code);
    if (!code) peer_ = remote.address().to_string();
}

void ServerSession::drain() {
    if (websocket_ != nullptr) {
        websocket_->close(1001, "the server is shutting down");
    } else if (idle_) {
        stream_.close();
    }
}

awaitable<void> ServerSession::run() {
    bool more = co_await shake_hands();
    if (!more) co_return;
    while (more) more = co_await serve_request();
    // What read the request is gone by now: a WebSocket may be there for long.
    if (upgrade_) co_await upgrade(std::move(upgrade_));
    co_await finish();
}

awaitable<void> ServerSession::turn_away() {
    auto const origin = co_await read_origin();
    ServerResponse page = error_page(Failure(Errc::throttled, "too many connections"), origin);
    page.status = 503;
    if (!page.headers.has("Retry-After")) page.headers.add("Retry-After", "1");
    co_await say_last(std::move(page));
}

/// Of whoever is turned away, so that a page can read why; "" where no head comes soon.
awaitable<std::string> ServerSession::read_origin() {
    Parser parser;
    parser.eager(true);
    parser.body_limit(context_.settings.request_body);
    guard_.arm_interrupt(kTurnedAwayTime);
    while (!feed(parser, buffer_) && !parser.is_header_done()) {
        auto const room = buffer_.room(context_.settings.request_head);
        if (room.size() == 0) break;
        auto [code, n] = co_await stream_.async_read_some(room, kTuple);
        if (code || guard_.fired()) break;
        buffer_.commit(n);
    }
    guard_.disarm();
    co_return origin_of(parser.get());
}

awaitable<void> ServerSession::say_last(ServerResponse page) {
    bool const written = co_await write(std::move(page), false, false);
    if (written) co_await linger(kWiden, kGoodbyeTime);
}

awaitable<bool> ServerSession::shake_hands() {
    if (!stream_.secure()) co_return true;
    guard_.arm(std::min<async::Clock::Duration>(kHandshakeTime, context_.settings.request_time));
    auto [code] = co_await stream_.secured().async_handshake(asio::ssl::stream_base::server, kTuple);
    guard_.disarm();
    if (code) context_.metrics.refused("tls").add();
    co_return !code;
}

/// False: the connection carries no further request.
awaitable<bool> ServerSession::serve_request() {
    Parser parser;
    auto read = co_await read_request(parser);
    idle_ = false;
    if (!read) {
        auto const failure = read.error();
        co_await refuse(failure, origin_of(parser.get()));
        co_return false;
    }
    if (*read == Read::nothing) co_return false;
    guard_.disarm();
    buffer_.shrink();
    if (auto const fault = fault_of(parser.get(), parser.chunked())) {
        co_await refuse(*fault, origin_of(parser.get()));
        co_return false;
    }
    if (wants_websocket(parser)) {
        upgrade_ = std::make_unique<Request>(parser.release());
        co_return false;
    }
    bool const head_only = parser.get().method() == http::verb::head;
    bool const keep_alive = parser.keep_alive();
    context_.metrics.requests.add();
    Counted const counted(context_.metrics.requests_in_flight);
    ServerRequest request = make_request(parser);
    auto decoded = co_await decode(request);
    if (!decoded) {
        auto const failure = decoded.error();
        co_await refuse(failure, origin_of(parser.get()));
        co_return false;
    }
    ServerResponse response = co_await answer(std::move(request));
    if (response.hang_up) {
        reset();
        co_return false;
    }
    response = within_budget(std::move(response), parser.get());
    bool const more = keep_alive && !context_.draining;
    bool const written = co_await write(std::move(response), head_only, more);
    co_return written&& more;
}

/// Errors: what the client is told before the connection ends.
awaitable<Result<ServerSession::Read>> ServerSession::read_request(Parser& parser) {
    auto const& settings = context_.settings;
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(settings.request_head, std::numeric_limits<std::uint32_t>::max())
    ));
    parser.body_limit(settings.request_body);
    idle_ = buffer_.empty();
    if (idle_ && context_.draining) co_return Read::nothing;
    if (idle_) guard_.arm(settings.idle_time);
    bool begun = false;
    bool continued = false;
    for (;;) {
        if (error_code const code = feed(parser, buffer_)) co_return failure_of(code);
        if (parser.is_done()) co_return Read::request;
        if (!begun && (parser.got_some() || !buffer_.empty())) {
            begun = true;
            idle_ = false;
            guard_.arm_interrupt(settings.request_time);
        }
        co_await continue_if_expected(parser, continued);
        if (parser.is_header_done() && parser.content_length_remaining().value_or(0) > kWiden)
            buffer_.widen();
        auto const room = buffer_.room(settings.request_head + kWiden);
        if (room.size() == 0) co_return Failure(Errc::head_too_large, "the head of the request is too large");
        if (begun && guard_.fired()) co_return Failure(Errc::slow, "the request took too long to arrive");
        auto [code, n] = co_await stream_.async_read_some(room, kTuple);
        if (code && begun && guard_.fired())
            co_return Failure(Errc::slow, "the request took too long to arrive");
        if (code) co_return Read::nothing;
        buffer_.commit(n);
    }
}

awaitable<void> ServerSession::continue_if_expected(Parser const& parser, bool& continued) {
    if (continued || !parser.is_header_done()) co_return;
    continued = true;
    auto const& head = parser.get();
    if (head.version() < 11 || !ascii::equal_without_case(as_view(head[http::field::expect]), "100-continue"))
        co_return;
    (void)co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
}

ServerRequest ServerSession::make_request(Parser& parser) const {
    auto& message = parser.get();
    ServerRequest request;
    request.method = std::string(as_view(message.method_string()));
    std::string_view const target = target_of(message);
    auto const query = target.find('?');
    request.path = std::string(target.substr(0, query));
    if (query != std::string_view::npos) request.query = std::string(target.substr(query + 1));
    for (auto const& field : message) {
        request.headers.add(std::string(as_view(field.name_string())), std::string(as_view(field.value())));
    }
    request.body = std::move(message.body());
    request.peer = peer_;
    return request;
}

awaitable<Result<void>> ServerSession::decode(ServerRequest& request) {
    auto const coding = parse_content_coding(request.headers.get("Content-Encoding"));
    if (coding == ContentCoding::identity || request.body.empty()) co_return Result<void>();
    if (coding == ContentCoding::unknown)
        co_return Failure(Errc::media_type, "the body has a content-coding other than gzip and deflate");
    Inflater inflater(coding, request.body, context_.settings.request_body);
    for (;;) {
        auto more = inflater.step(kInflateSlice);
        if (!more && more.error().errc() == Errc::protocol)
            co_return Failure(Errc::malformed, more.error().detail());
        if (!more) co_return more.error();
        if (!*more) break;
        co_await asio::post(stream_.get_executor(), asio::use_awaitable);
    }
    request.body = inflater.take();
    co_return Result<void>();
}

awaitable<ServerResponse> ServerSession::answer(ServerRequest request) {
    std::exception_ptr error;
    try {
        co_return co_await context_.handler(std::move(request));
    } catch (...) {
        error = std::current_exception();
    }
    if (async::is_cancellation(error)) std::rethrow_exception(error);
    context_.logger.bug("request handler", error);
    co_return error_page(Failure(Errc::bug), "");
}

bool ServerSession::wants_websocket(Parser const& parser) const {
    auto const& paths = context_.settings.websocket_paths;
    if (!boost::beast::websocket::is_upgrade(parser.get())) return false;
    auto path = path_of(parser.get());
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

awaitable<void> ServerSession::upgrade(std::unique_ptr<Request> request) {
    auto const& accepts = context_.settings.accept_origin;
    auto const origin = origin_of(*request);
    bool const from_browser = request->count(http::field::origin) > 0;
    if (from_browser && accepts && !accepts(origin)) {
        co_await refuse(Failure(Errc::forbidden, "WebSockets are not opened for this origin"), origin);
        co_return;
    }
    if (auto problem = handshake_problem(*request)) {
        auto const version = problem->errc() == Errc::not_supported;
        auto page = error_page(*problem, origin);
        page.status = version ? 426 : 400;
        page.headers.set("Sec-WebSocket-Version", "13");
        if (version) page.headers.set("Upgrade", "websocket");
        co_await say_last(std::move(page));
        co_return;
    }
    if (context_.draining) co_return;
    stream_.unread(buffer_.view());
    buffer_.release();
    ServerWebSocket websocket(stream_, context_, peer_, std::string(path_of(*request)));
    struct Current {
        Current(ServerWebSocket*& slot, ServerWebSocket& session) : slot_(slot) { slot_ = &session; }
        Current(Current const&) = delete;
        Current& operator=(Current const&) = delete;
        ~Current() { slot_ = nullptr; }
        ServerWebSocket*& slot_;
    };
    Current const current(websocket_, websocket);
    co_await websocket.run(std::move(request));
    stream_.close();
}

ServerResponse ServerSession::error_page(Failure const& failure, std::string_view origin) const {
    auto page = context_.error_page(failure);
    if (context_.settings.add_cors) context_.settings.add_cors(origin, page.headers);
    return page;
}

/// Answers before all of the request was read, then reads on for a while: closing at once would take the answer away from the client.
awaitable<void> ServerSession::refuse(Failure failure, std::string origin) {
    context_.metrics.refused(failure.code().message()).add();
    bool const written = co_await write(error_page(failure, origin), false, false);
    if (!written) co_return;
    if (failure.errc() == Errc::too_large) co_await linger(kDrainBytes, kDrainTime);
    if (failure.errc() != Errc::too_large) co_await linger(kGoodbyeBytes, kGoodbyeTime);
}

awaitable<bool> ServerSession::write(ServerResponse response, bool head_only, bool keep_alive) {
    AfterWrite const after(std::move(response.after_write));
    std::string head = response_head(response, keep_alive, context_.clock.utc_now());
    if (head_only || !has_body(response.status)) response.drop_body();
    UnderWay const under_way(context_, response.bytes().size());
    co_return co_await write_bytes(std::move(head), response.bytes());
}

/// Where those under way hold too many bytes already, what can be asked for again is refused; one that is alone, or small, never is.
ServerResponse ServerSession::within_budget(ServerResponse response, http::request_header<> const& head)
    const {
    auto const size = response.bytes().size();
    auto const under_way = context_.answer_bytes;
    bool const fits = under_way == 0 || under_way + size <= context_.settings.answers;
    bool const repeatable = response.status == 200 && head.method() != http::verb::put;
    if (fits || size <= kSmallAnswer || !repeatable) return response;
    context_.metrics.answers_refused.add();
    Failure const failure(Errc::throttled, "too much is being answered at once: try again");
    auto page = error_page(failure, origin_of(head));
    page.status = 503;
    if (!page.headers.has("Retry-After")) page.headers.add("Retry-After", "1");
    page.after_write = std::move(response.after_write);
    return page;
}

awaitable<bool> ServerSession::write_bytes(std::string head, std::string_view rest) {
    std::array<asio::const_buffer, 2> const first = {
        asio::buffer(head), asio::buffer(rest.substr(0, kWriteSlice))
    };
    guard_.arm(context_.settings.write_time);
    auto [code, n] = co_await asio::async_write(stream_, first, kTuple);
    for (std::size_t sent = kWriteSlice; !code && sent < rest.size(); sent += kWriteSlice) {
        guard_.arm(context_.settings.write_time);
        auto [failed, more] =
            co_await asio::async_write(stream_, asio::buffer(rest.substr(sent, kWriteSlice)), kTuple);
        code = failed;
        n += more;
    }
    guard_.disarm();
    context_.metrics.sent_bytes.add(static_cast<double>(n));
    co_return !code;
}

void ServerSession::reset() {
    error_code code;
    stream_.socket().set_option(asio::socket_base::linger(true, 0), code);
    stream_.close();
}

awaitable<void> ServerSession::linger(std::size_t most, std::chrono::seconds time) {
    idle_ = true;
    stream_.shutdown_send();
    guard_.arm(time);
    std::string discarded(kWiden, '\0');
    for (std::size_t bytes = 0; bytes < most;) {
        auto [code, n] = co_await stream_.async_read_some(asio::buffer(discarded), kTuple);
        if (code) break;
        bytes += n;
    }
    stream_.close();
}

/// TLS is closed with its own words, so that the other side can tell the end from a cut; a peer that does not answer is not waited for.
awaitable<void> ServerSession::finish() {
    if (!stream_.secure() || !stream_.socket().is_open()) co_return;
    idle_ = true;
    guard_.arm(kGoodbyeTime);
    (void)co_await stream_.secured().async_shutdown(kTuple);
    stream_.close();
}

}  // namespace tributary::net
