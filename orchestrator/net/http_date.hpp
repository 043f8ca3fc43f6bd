#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tributary::net {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::string http_date(std::chrono::system_clock::time_point when);
/// That form, or one of the two older ones. Nothing: none of them, or before 1970.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);
/// Delay in seconds, or a date; 0: neither, or past.
std::chrono::seconds parse_retry_after(std::string_view field, std::chrono::system_clock::time_point now);

}  // namespace tributary::net
