#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary::net {

/// An absolute http, https, ws or wss URL in parts. A value.
struct Url {
    std::string scheme;      ///< lower case
    std::string host;        ///< lower case; an IPv6 address without brackets
    std::uint16_t port = 0;  ///< always set
    std::string target;      ///< path and query as written, at least "/"; never a fragment
    bool secure() const { return scheme == "https" || scheme == "wss"; }
    /// "https://host:8443"; the default port is left out.
    std::string origin() const;
    /// As in the Host field.
    std::string authority() const;
    std::string text() const { return origin() + target; }
};

/// Errors: malformed (not absolute, other scheme, userinfo, control characters, backslash, no host, decimal or octal host spellings).
Result<Url> parse_url(std::string_view text);
/// `reference` against `base` by RFC 3986 5.2; a base without trailing slash counts as a folder (a FHIR service base). Query strings stay as written.
Result<Url> resolve(Url const& base, std::string_view reference);
/// A Location field of the answer to `from`: RFC 3986 5.2 to the letter, the last segment of `from` is replaced.
Result<Url> resolve_location(Url const& from, std::string_view location);

std::string percent_encode(std::string_view text);
/// One pass over %XX; '+' stays. Malformed escapes stay as they are.
std::string percent_decode(std::string_view text);

}  // namespace tributary::net
