#pragma once
#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/address_policy.hpp"
#include "orchestrator/net/resolver.hpp"
#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// Opens connections: name, address, policy, TCP, TLS. Only for .cpp files of this folder. Owner: a client, outlives its calls. Thread: the loop.
class Connector {
public:
    using Opened = Result<std::unique_ptr<Stream>>;

    Connector(boost::asio::any_io_executor ex, async::Clock& clock, std::chrono::seconds dns_life)
        : ex_(ex), clock_(clock), resolver_(std::move(ex), clock, dns_life) {}

    /// To the first address of the host that answers, each checked by the policy and connected to as it was checked. `tls` only for secure URLs.
    /// Deadline: the call's; `limit` bounds the connection alone, shared out over the addresses. Cancellation: terminal.
    /// Errors: timeout (the call's deadline), connect, dns, tls, refused_address.
    awaitable<Opened> open(
        async::Deadline deadline,
        async::Clock::Duration limit,
        Url url,
        AddressPolicy policy,
        TlsContextPtr tls
    );

    /// Would open() refuse this host? A name that is not resolved by the deadline is not refused: who connects will see.
    /// Deadline: bounds the look-up. Cancellation: terminal. Errors: refused_address, when any of its addresses is.
    awaitable<Result<void>> check(async::Deadline deadline, std::string host, AddressPolicy policy);

private:
    awaitable<Result<Addresses>> resolve(async::Deadline deadline, async::Deadline limit, std::string host);
    awaitable<Opened> open_one(
        async::Deadline deadline,
        async::Deadline limit,
        tcp::endpoint endpoint,
        std::string host,
        TlsContextPtr tls
    );
    awaitable<Result<void>> handshake(Stream& stream, async::Deadline limit, std::string host);
    Failure late(async::Deadline deadline, Errc errc, std::string detail) const;

    boost::asio::any_io_executor ex_;
    async::Clock& clock_;
    Resolver resolver_;
};

}  // namespace tributary::net
