#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tributary {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha1 = std::array<std::uint8_t, 20>;
Sha256 sha256(std::string_view bytes);
Sha1 sha1(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
std::string hex(std::string_view bytes);
template <std::size_t N>
std::string hex(std::array<std::uint8_t, N> const& digest) {
    return hex(std::string_view(reinterpret_cast<char const*>(digest.data()), N));
}

std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);
/// Ignores white space. Empty: not base64.
std::optional<std::string> from_base64(std::string_view text);

/// Our id of something a partner names: 32 characters a-z2-7 of SHA-256 over the length-prefixed parts. Source: architecture 8.
/// make_id({scope, partner id, "DocumentReference", remote id}).
std::string make_id(std::initializer_list<std::string_view> parts);
/// `bytes` bytes of the system's random source. Throws std::system_error where there is none.
std::string random_bytes(std::size_t bytes);
/// A random UUID, version 4, lower case.
std::string random_uuid();
/// The same form, of a fast generator: to tell requests apart, never as a secret.
std::string request_uuid();
/// The same text for the same parts: a UUID (version 8) of their SHA-256.
std::string derived_uuid(std::initializer_list<std::string_view> parts);

}  // namespace tributary
