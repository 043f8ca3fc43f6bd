#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::config {

/// "250ms", "10s", "5m", "2h", "30d". Empty: no such duration, or one beyond 10,000 days.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text);

/// In the largest unit that divides it.
std::string write_duration(std::chrono::milliseconds duration);

/// "512B", "512KiB", "20MiB", "10GiB". Empty: no such size.
std::optional<std::uint64_t> read_size(std::string_view text);

/// In the largest unit that divides it.
std::string write_size(std::uint64_t bytes);

/// Where to listen: "127.0.0.1:8080", "[::1]:0", "localhost:80". Empty: no port, or a host where nothing can listen.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
std::optional<HostPort> read_host_port(std::string_view text);

/// True for 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host);

/// The candidate with the least edit distance, "" where none is near enough to be meant.
std::string nearest(std::string_view word, std::vector<std::string> const& candidates);

}  // namespace tributary::config
