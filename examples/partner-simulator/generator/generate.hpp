#pragma once
#include <cstddef>
#include <cstdint>

#include "examples/partner-simulator/generator/source_data.hpp"
#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

struct Generation {
    std::uint64_t seed = 20260701;
    std::size_t communities = 200;
    std::size_t scale = 1;  ///< each person so many times, under another name
};

/// Spreads the persons and their documents over communities p001, p002, …; all by draws from the seed, so that the same arguments give the same network.
/// Source: fixture.md 2.
Network generate(SourceData data, Generation const& generation);

/// Communities that know nobody, until there are `count`.
void add_strangers(Network& network, std::uint64_t seed, std::size_t count);

}  // namespace tributary::simulator
