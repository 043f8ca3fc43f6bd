#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace tributary::simulator {

/// h(x…): a number in [0, 1) from the first 8 bytes of SHA-256 of the seed and the parts, joined by '|'. It depends on nothing else, so that whatever
/// is drawn with it is the same in every run and whatever the order. Source: fixture.md 2.
double draw(std::uint64_t seed, std::initializer_list<std::string_view> parts);

/// A draw from the standard normal distribution, by two of the above.
double draw_normal(std::uint64_t seed, std::initializer_list<std::string_view> parts);

}  // namespace tributary::simulator
