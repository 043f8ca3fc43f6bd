#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"

namespace tributary::net {

using boost::asio::awaitable;
using Addresses = std::vector<boost::asio::ip::address>;

/// The addresses of a host, or why there are none. Blocks. Thread: any. Errors: dns.
using LookUp = std::function<Result<Addresses>(std::string const& host)>;
/// As the system knows them: its files, its name servers.
Result<Addresses> system_addresses(std::string const& host);

/// Names to addresses, cached. getaddrinfo cannot be cancelled: a lookup runs on a thread of the Resolver, eight at once, callers
/// share it and each waits only as long as its own deadline; addresses past their life are still served while they are looked up again.
/// Thread: the loop. Ends: a lookup under way keeps what it needs alive; the loop runs until it has ended.
class Resolver {
public:
    Resolver(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        std::chrono::seconds life,
        LookUp look_up = system_addresses
    );
    Resolver(Resolver const&) = delete;
    Resolver& operator=(Resolver const&) = delete;
    ~Resolver();

    /// Never empty. Cancellation: terminal; the lookup goes on for others. Errors: timeout, dns.
    awaitable<Result<Addresses>> resolve(async::Deadline deadline, std::string host);
    /// None of its addresses answered: look it up anew next time.
    void forget(std::string const& host);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tributary::net
