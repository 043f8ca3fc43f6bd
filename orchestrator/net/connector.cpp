#include "orchestrator/net/connector.hpp"

#include <boost/asio/ssl/host_name_verification.hpp>

#include "orchestrator/net/close_guard.hpp"

namespace tributary::net {

namespace {

/// SSL_set_tlsext_host_name without its C casts.
void set_server_name(SSL* native, std::string& host) {
    SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
}

std::string why_refused(SSL* native, error_code code) {
    long const verified = SSL_get_verify_result(native);
    if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
    return code.message();
}

}  // namespace

/// The call's own deadline is a timeout, whatever it interrupted; the limit of a connection is not.
Failure Connector::late(async::Deadline deadline, Errc errc, std::string detail) const {
    if (deadline.expired(clock_)) return Failure(Errc::timeout);
    return {errc, std::move(detail)};
}

awaitable<Result<Addresses>> Connector::resolve(
    async::Deadline deadline, async::Deadline limit, std::string host
) {
    auto found = co_await resolver_.resolve(limit, host);
    if (found) co_return found;
    auto const failure = found.error();
    if (failure.errc() == Errc::timeout)
        co_return late(deadline, Errc::dns, host + ": no answer from the resolver in time");
    co_return failure;
}

awaitable<Result<void>> Connector::check(async::Deadline deadline, std::string host, AddressPolicy policy) {
    auto const addresses = co_await resolver_.resolve(deadline, std::move(host));
    if (!addresses) co_return Result<void>();
    for (auto const& address : *addresses) {
        if (auto const allowed = check_address(policy, address); !allowed) co_return allowed.error();
    }
    co_return Result<void>();
}

awaitable<Result<void>> Connector::handshake(Stream& stream, async::Deadline limit, std::string host) {
    auto& secured = stream.secured();
    error_code literal;
    asio::ip::make_address(host, literal);
    if (literal) set_server_name(secured.native_handle(), host);
    auto const matched = std::make_shared<bool>(true);  // the stream keeps the callback
    auto matches = [verify = asio::ssl::host_name_verification(host),
                    matched](bool trusted, asio::ssl::verify_context& context) {
        bool const accepted = verify(trusted, context);
        if (trusted && !accepted) *matched = false;
        return accepted;
    };
    secured.set_verify_callback(matches);
    CloseGuard guard(stream);
    guard.arm(clock_, limit);
    auto [code] = co_await secured.async_handshake(asio::ssl::stream_base::client, kTuple);
    if (!code) co_return Result<void>();
    if (!guard.fired() && code != asio::error::operation_aborted) {
        if (!*matched) co_return Failure(Errc::tls, "the certificate is not one of " + host);
        co_return Failure(Errc::tls, why_refused(secured.native_handle(), code));
    }
    co_return guard.failure(Errc::tls, code);
}

awaitable<Connector::Opened> Connector::open_one(
    async::Deadline deadline,
    async::Deadline limit,
    tcp::endpoint endpoint,
    std::string host,
    TlsContextPtr tls
) {
    auto stream = std::make_unique<Stream>(tcp::socket(ex_), std::move(tls));
    {
        CloseGuard guard(*stream);
        guard.arm(clock_, limit);
        auto [code] = co_await stream->socket().async_connect(endpoint, kTuple);
        if (guard.fired()) co_return late(deadline, Errc::connect, "no answer from " + host + " in time");
        if (code) co_return guard.failure(Errc::connect, code);
    }
    error_code ignored;
    stream->socket().set_option(tcp::no_delay(true), ignored);
    if (!stream->secure()) co_return stream;
    auto secured = co_await handshake(*stream, limit, std::move(host));
    if (secured) co_return stream;
    auto const failure = secured.error();
    if (failure.errc() == Errc::timeout) co_return late(deadline, Errc::tls, "no TLS handshake in time");
    co_return failure;
}

awaitable<Connector::Opened> Connector::open(
    async::Deadline deadline, async::Clock::Duration limit, Url url, AddressPolicy policy, TlsContextPtr tls
) {
    if (auto allowed = check_url(policy, url); !allowed) co_return allowed.error();
    if (!url.secure()) tls.reset();
    auto const whole = deadline.min(async::Deadline::after(clock_, limit));
    auto addresses = co_await resolve(deadline, whole, url.host);
    if (!addresses) co_return addresses.error();
    Failure last;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        auto const& address = (*addresses)[i];
        if (auto allowed = check_address(policy, address); !allowed) {
            last = allowed.error();
            continue;
        }
        auto const left = static_cast<async::Clock::Duration::rep>(addresses->size() - i);
        auto const slice = whole.min(async::Deadline::after(clock_, whole.remaining(clock_) / left));
        tcp::endpoint const endpoint(address, url.port);
        auto opened = co_await open_one(deadline, slice, endpoint, url.host, tls);
        if (opened) co_return opened;
        last = opened.error();
        if (last.errc() != Errc::connect) co_return last;
    }
    resolver_.forget(url.host);
    co_return last;
}

}  // namespace tributary::net
