#include "orchestrator/net/address_policy.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

namespace {

namespace ip = boost::asio::ip;

// Special-purpose registries of IANA (RFC 6890 and its updates); the last two of IPv4: multicast, reserved with broadcast.
constexpr std::array kPrivateV4 = {
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4"
};
// Unspecified, loopback and compatible; mapped; translated; discard; Teredo; documentation; 6to4; unique local; link and site local; multicast.
constexpr std::array kPrivateV6 = {
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8"
};

template <class Network, std::size_t N>
std::array<Network, N> networks(std::array<char const*, N> const& texts, Network (*parse)(char const*)) {
    std::array<Network, N> result;
    std::transform(texts.begin(), texts.end(), result.begin(), parse);
    return result;
}

bool is_private(ip::address_v4 const& address) {
    static auto const ranges = networks<ip::network_v4>(kPrivateV4, &ip::make_network_v4);
    return std::any_of(ranges.begin(), ranges.end(), [&](ip::network_v4 const& range) {
        return ip::network_v4(address, range.prefix_length()).canonical() == range;
    });
}

bool is_private(ip::address_v6 const& address) {
    static auto const ranges = networks<ip::network_v6>(kPrivateV6, &ip::make_network_v6);
    return std::any_of(ranges.begin(), ranges.end(), [&](ip::network_v6 const& range) {
        return ip::network_v6(address, range.prefix_length()).canonical() == range;
    });
}

Failure refused(std::string detail) { return {Errc::refused_address, std::move(detail)}; }

bool port_allowed(AddressPolicy const& policy, std::uint16_t port) {
    return !policy.restrict_ports || port == 443 || port >= 1024 || (port == 80 && policy.allow_http);
}

}  // namespace

Result<void> check_address(AddressPolicy const& policy, ip::address const& address) {
    if (policy.allow_private_addresses) return {};
    bool const inside = address.is_v4() ? is_private(address.to_v4()) : is_private(address.to_v6());
    if (inside)
        return refused(
            "the host has a private or reserved address: use a public one, or set allow_private_addresses"
        );
    return {};
}

Result<void> check_url(AddressPolicy const& policy, Url const& url) {
    if (!url.secure() && !policy.allow_http)
        return refused("plain http is refused: use https, or set allow_http");
    if (!port_allowed(policy, url.port)) return refused("the port is refused: use 443 or one above 1023");
    auto const& hosts = policy.allowed_hosts;
    auto const is_host = [&url](std::string const& host) {
        return ascii::equal_without_case(host, url.host);
    };
    if (!hosts.empty() && std::none_of(hosts.begin(), hosts.end(), is_host)) {
        return refused("the host is not among allowed_hosts");
    }
    if (policy.allow_private_addresses) return {};
    if (url.host == "localhost" || url.host.ends_with(".localhost")) {
        return refused("the host is this machine: use a public one, or set allow_private_addresses");
    }
    boost::system::error_code no_literal;
    auto const literal = ip::make_address(url.host, no_literal);
    return no_literal ? Result<void>() : check_address(policy, literal);
}

}  // namespace tributary::net
