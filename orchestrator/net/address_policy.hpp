#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "orchestrator/net/url.hpp"

namespace boost::asio::ip {
class address;
}

namespace tributary::net {

/// Where a call may go. Partners: anywhere their configuration says. Subscribers: what an app asks for is untrusted (subscriptions.md D1).
struct AddressPolicy {
    bool allow_http = true;
    bool allow_private_addresses = true;
    std::vector<std::string> allowed_hosts = {};  ///< not empty: only these host names
    bool restrict_ports = false;                  ///< 443, >= 1024, and 80 with allow_http
};

/// Checks what can be known without DNS: scheme, port, host list, literal addresses. Errors: refused_address, with what to change.
Result<void> check_url(AddressPolicy const& policy, Url const& url);
/// Checks an address a name resolved to; the connection is then made to that very address. Errors: refused_address.
Result<void> check_address(AddressPolicy const& policy, boost::asio::ip::address const& address);

}  // namespace tributary::net
