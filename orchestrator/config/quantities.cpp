#include "orchestrator/config/quantities.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

#include "orchestrator/net/http_server.hpp"

namespace tributary::config {

namespace {

struct Split {
    std::uint64_t number;
    std::string_view unit;
};

std::optional<Split> split(std::string_view text) {
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return Split{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

/// A unit and how much it is, ascending.
using Unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array<Unit, 5> kTimes{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}
};
constexpr std::array<Unit, 5> kSizes{
    {{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}, {"TiB", 1ULL << 40U}}
};

std::optional<std::uint64_t> scale(
    std::string_view text, std::array<Unit, 5> const& units, std::uint64_t most
) {
    auto const parts = split(text);
    if (!parts) return std::nullopt;
    for (auto const& [unit, factor] : units) {
        if (parts->unit == unit && parts->number <= most / factor) return parts->number * factor;
    }
    return std::nullopt;
}

std::string write(std::uint64_t amount, std::array<Unit, 5> const& units) {
    auto const unit = std::find_if(units.rbegin(), units.rend(), [amount](Unit const& candidate) {
        return amount % candidate.second == 0;
    });
    return std::to_string(amount / unit->second).append(unit->first);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            std::size_t const replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::optional<std::chrono::milliseconds> read_duration(std::string_view text) {
    auto const number = scale(text, kTimes, 86'400'000ULL * 10'000);
    if (!number) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*number));
}

std::string write_duration(std::chrono::milliseconds duration) {
    if (duration.count() == 0) return "0s";
    return write(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::optional<std::uint64_t> read_size(std::string_view text) { return scale(text, kSizes, 1ULL << 50U); }

std::string write_size(std::uint64_t bytes) { return bytes == 0 ? "0B" : write(bytes, kSizes); }

std::optional<HostPort> read_host_port(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    auto const port = split(text.substr(colon + 1));
    if (!port || !port->unit.empty() || port->number > 65535) return std::nullopt;
    if (!net::is_listen_address(std::string(host))) return std::nullopt;
    return HostPort{std::string(host), static_cast<std::uint16_t>(port->number)};
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string nearest(std::string_view word, std::vector<std::string> const& candidates) {
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (auto const& candidate : candidates) {
        auto const distance = edit_distance(word, candidate);
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace tributary::config
