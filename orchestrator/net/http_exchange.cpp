#include "orchestrator/net/http_exchange.hpp"

#include <array>
#include <limits>
#include <optional>

#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "fhir/base/ascii.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/net/field.hpp"
#include "orchestrator/net/read_buffer.hpp"

namespace tributary::net {

namespace {

namespace http = boost::beast::http;
using ResponseParser = http::response_parser<http::string_body>;

constexpr char kUserAgent[] = "tributary/" TRIBUTARY_VERSION;
constexpr std::size_t kLongBody = std::size_t{64} * 1024;

bool is_target(std::string_view target) {
    return target.starts_with('/') && target.find_first_of(" \r\n\t") == std::string_view::npos;
}

bool carries_length(ClientRequest const& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

/// Reads the response to one request.
class ResponseReader {
public:
    ResponseReader(Stream& stream, CloseGuard& guard, ClientRequest const& request, std::size_t head_limit)
        : stream_(stream), guard_(guard), request_(request), head_limit_(head_limit) {}

    awaitable<Exchanged> read() {
        Exchanged exchanged;
        begin();
        for (;;) {
            if (error_code const code = feed(*parser_, buffer_)) {
                exchanged.result = refuse(code);
                break;
            }
            if (parser_->is_done() && !is_interim()) {
                finish(exchanged);
                break;
            }
            if (parser_->is_done()) {
                begin();
                continue;
            }
            if (parser_->is_header_done() && parser_->content_length_remaining().value_or(0) > kLongBody)
                buffer_.widen();
            auto const room = buffer_.room(head_limit_ + kLongBody);
            if (room.size() == 0) {
                exchanged.result = Failure(Errc::too_large, "the head of the response is too large");
                break;
            }
            auto [code, n] = co_await stream_.async_read_some(room, kTuple);
            if (code == asio::error::eof && ends_with_connection()) {
                finish(exchanged);
                break;
            }
            if (code) {
                exchanged.result =
                    is_enough(code) ? Result<ClientResponse>(response_without_body()) : cut_short(code);
                break;
            }
            buffer_.commit(n);
            read_bytes_ += n;
        }
        exchanged.read_bytes = read_bytes_;
        co_return exchanged;
    }

private:
    void begin() {
        parser_.emplace();
        parser_->eager(true);
        parser_->header_limit(static_cast<std::uint32_t>(
            std::min<std::size_t>(head_limit_, std::numeric_limits<std::uint32_t>::max())
        ));
        parser_->body_limit(request_.body_limit);
        parser_->skip(request_.method == "HEAD");
    }
    /// 100 Continue, 103 Early Hints: another head follows.
    bool is_interim() const {
        return parser_->get().result_int() < 200 && parser_->get().result_int() != 101;
    }

    /// A response without length ends where the connection does; any other was cut short.
    bool ends_with_connection() {
        if (!parser_->is_header_done() || !parser_->need_eof()) return false;
        error_code code;
        parser_->put_eof(code);
        return !code && parser_->is_done();
    }
    Failure cut_short(error_code code) const {
        if (code == asio::error::eof || code == asio::ssl::error::stream_truncated) {
            return Failure(
                Errc::protocol,
                read_bytes_ == 0 ? "the connection was closed without an answer"
                                 : "the response was cut short"
            );
        }
        // With TLS 1.3 a server tells only now that it does not accept our certificate.
        bool const refused = code.category() == asio::error::get_ssl_category();
        return guard_.failure(refused ? Errc::tls : Errc::protocol, code);
    }
    /// It is answered, and nobody wants the body: however that goes on, even beyond the deadline. Source: subscriptions B16
    bool is_enough(error_code code) const {
        bool const cancelled = code == asio::error::operation_aborted && !guard_.fired();
        return request_.discard_body && !cancelled && parser_->is_header_done() && !is_interim();
    }
    Result<ClientResponse> refuse(error_code code) const {
        if (is_enough(code)) return response_without_body();
        if (code == http::error::body_limit) {
            return Failure(
                Errc::too_large,
                "the response is larger than " + std::to_string(request_.body_limit) + " bytes"
            );
        }
        if (code == http::error::header_limit)
            return Failure(Errc::too_large, "the head of the response is too large");
        return Failure(Errc::protocol, "not an HTTP/1.1 response: " + code.message());
    }
    ClientResponse response_without_body() const {
        ClientResponse response;
        auto const& message = parser_->get();
        response.status = message.result_int();
        for (auto const& field : message)
            response.headers.add(std::string(field.name_string()), std::string(field.value()));
        response.wire_bytes = read_bytes_;
        return response;
    }
    void finish(Exchanged& exchanged) {
        ClientResponse response = response_without_body();
        if (!request_.discard_body) response.body = std::move(parser_->get().body());
        exchanged.reusable =
            parser_->keep_alive() && !parser_->need_eof() && buffer_.empty() && response.status != 101;
        exchanged.result = std::move(response);
    }

    Stream& stream_;
    CloseGuard& guard_;
    ClientRequest const& request_;
    std::size_t head_limit_;
    std::optional<ResponseParser> parser_;
    ReadBuffer buffer_;
    std::size_t read_bytes_ = 0;
};

}  // namespace

Result<std::string> request_head(ClientRequest const& request) {
    if (!ascii::is_token(request.method)) return Failure(Errc::malformed, "the method is no token");
    if (!is_target(request.url.target))
        return Failure(Errc::malformed, "the target of the URL cannot stand in a request line");
    std::string head;
    head.reserve(512);
    head += request.method;
    head += ' ';
    head += request.url.target;
    head += " HTTP/1.1\r\n";
    append_field(head, "Host", request.url.authority());
    for (auto const& [name, value] : request.headers) {
        if (is_set_by_client(name)) continue;
        if (!is_field(name, value))
            return Failure(Errc::malformed, "a header field has characters that would break the request");
        append_field(head, name, value);
    }
    if (!request.headers.has("User-Agent")) append_field(head, "User-Agent", kUserAgent);
    if (!request.headers.has("X-Request-Id")) append_field(head, "X-Request-Id", request_uuid());
    if (request.accept_gzip) append_field(head, "Accept-Encoding", "gzip, deflate");
    if (carries_length(request)) append_field(head, "Content-Length", std::to_string(request.body.size()));
    head += "\r\n";
    return head;
}

awaitable<Exchanged> exchange(
    Stream& stream,
    CloseGuard& guard,
    ClientRequest const& request,
    std::string const& head,
    std::size_t head_limit
) {
    std::array<asio::const_buffer, 2> const buffers = {asio::buffer(head), asio::buffer(request.body)};
    auto [code, written] = co_await asio::async_write(stream, buffers, kTuple);
    // A server that refuses a long body answers before it has read all of it: its answer says more than our broken write.
    bool const may_have_answered = code == asio::error::broken_pipe || code == asio::error::connection_reset;
    if (code && !may_have_answered) {
        Exchanged failed;
        failed.result = guard.failure(Errc::protocol, code);
        co_return failed;
    }
    ResponseReader reader(stream, guard, request, head_limit);
    Exchanged exchanged = co_await reader.read();
    if (code) exchanged.reusable = false;
    co_return exchanged;
}

}  // namespace tributary::net
