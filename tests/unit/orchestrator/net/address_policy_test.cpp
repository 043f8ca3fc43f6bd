#include "orchestrator/net/address_policy.hpp"

#include <boost/asio/ip/address.hpp>

#include "tests/support/catch.hpp"

namespace tributary::net {

namespace {

AddressPolicy strict() {
    AddressPolicy policy;
    policy.allow_http = false;
    policy.allow_private_addresses = false;
    policy.restrict_ports = true;
    return policy;
}

bool allows(AddressPolicy const& policy, char const* text) {
    auto const checked = check_url(policy, *parse_url(text));
    if (!checked) CHECK(checked.error().errc() == Errc::refused_address);
    return checked.has_value();
}

}  // namespace

TEST_CASE("no address of a private or reserved range is called for a subscriber", "[address_policy]") {
    for (auto const* text :
         {"0.0.0.0",
          "10.1.2.3",
          "100.64.0.1",
          "100.127.255.255",
          "127.0.0.1",
          "127.255.255.254",
          "169.254.169.254",
          "172.16.0.1",
          "172.31.255.255",
          "192.168.1.1",
          "192.0.0.8",
          "198.18.0.1",
          "224.0.0.1",
          "240.0.0.1",
          "255.255.255.255",
          "::",
          "::1",
          "::ffff:8.8.8.8",
          "::ffff:127.0.0.1",
          "64:ff9b::808:808",
          "fc00::1",
          "fdff::1",
          "fe80::1",
          "febf::1",
          "ff02::1",
          "2002:7f00:1::",
          "2001:db8::1",
          "::7f00:1"}) {
        INFO(text);
        auto const checked = check_address(strict(), boost::asio::ip::make_address(text));
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().errc() == Errc::refused_address);
        CHECK(check_address(AddressPolicy(), boost::asio::ip::make_address(text)).has_value());
    }
    for (auto const* text :
         {"8.8.8.8", "100.128.0.1", "172.32.0.1", "11.0.0.1", "192.169.0.1", "2606:4700::1", "2a00::1"}) {
        INFO(text);
        CHECK(check_address(strict(), boost::asio::ip::make_address(text)).has_value());
    }
}

TEST_CASE("what needs no lookup is refused before any lookup", "[address_policy]") {
    CHECK(allows(strict(), "https://example.org/x"));
    CHECK(allows(strict(), "https://example.org:8443/x"));
    CHECK_FALSE(allows(strict(), "http://example.org/x"));
    CHECK_FALSE(allows(strict(), "https://example.org:22/x"));
    CHECK_FALSE(allows(strict(), "https://example.org:80/x"));
    CHECK_FALSE(allows(strict(), "https://127.0.0.1/x"));
    CHECK_FALSE(allows(strict(), "https://[::1]/x"));
    CHECK_FALSE(allows(strict(), "https://localhost/x"));
    CHECK_FALSE(allows(strict(), "https://a.localhost/x"));
    AddressPolicy plain = strict();
    plain.allow_http = true;
    CHECK(allows(plain, "http://example.org/x"));
    CHECK_FALSE(allows(plain, "http://example.org:81/x"));
    AddressPolicy listed = strict();
    listed.allowed_hosts = {"App.example.org"};
    CHECK(allows(listed, "https://APP.example.org/x"));
    CHECK_FALSE(allows(listed, "https://example.org/x"));
    listed.allowed_hosts = {"127.0.0.1"};
    CHECK_FALSE(allows(listed, "https://127.0.0.1/x"));  // a list only narrows
    CHECK(allows(AddressPolicy(), "http://127.0.0.1:22/x"));
}

}  // namespace tributary::net
