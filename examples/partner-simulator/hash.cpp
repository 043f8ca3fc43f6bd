#include "examples/partner-simulator/hash.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

std::string joined(std::uint64_t seed, std::initializer_list<std::string_view> parts) {
    std::string text = std::to_string(seed);
    for (auto const part : parts) text.append("|").append(part);
    return text;
}

/// 64 bits of the digest as a number in [0, 1): the upper 53, which is what a double holds.
double fraction(Sha256 const& digest, std::size_t from) {
    std::uint64_t number = 0;
    for (std::size_t i = from; i < from + 8; ++i) number = number << 8U | digest[i];
    return static_cast<double>(number >> 11U) / static_cast<double>(std::uint64_t{1} << 53U);
}

}  // namespace

double draw(std::uint64_t seed, std::initializer_list<std::string_view> parts) {
    return fraction(sha256(joined(seed, parts)), 0);
}

double draw_normal(std::uint64_t seed, std::initializer_list<std::string_view> parts) {
    auto const digest = sha256(joined(seed, parts));
    auto const radius = std::sqrt(-2 * std::log(1 - fraction(digest, 0)));  // Box and Muller
    return radius * std::cos(2 * std::numbers::pi * fraction(digest, 8));
}

}  // namespace tributary::simulator
