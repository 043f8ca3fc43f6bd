#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

// How the data change while the simulator runs: at each of twenty logical times about 5 % new documents, 1 % replacements and 0.5 % retractions come, of
// as many as there were at first. Source: fixture.md 3.

constexpr std::size_t kChangeTicks = 20;

/// A document as it is from now on: a new one, or a new state of the one of that id.
struct Edit {
    std::size_t community;  ///< its place in the network
    Document document;
};
using ChangeFeed = std::array<std::vector<Edit>, kChangeTicks>;

/// Takes out of the network what appears later, and says when it does. All instances of a document come and go together; the half that is there at
/// first, the ticks of the rest, and what is replaced or retracted follow from seed and document.
ChangeFeed withhold_changes(std::uint64_t seed, Network& network);

void apply_edits(Network& network, std::vector<Edit> const& edits);

}  // namespace tributary::simulator
