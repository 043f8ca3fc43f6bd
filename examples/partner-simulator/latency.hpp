#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

/// What the time of an answer depends on, besides seed and community.
struct Call {
    Step step = Step::none;
    std::string_view target;  ///< path and query: the same question takes the same time
    bool found = true;        ///< Patient discovery answers a miss sooner
    std::size_t bytes = 0;    ///< of a document retrieved
};

/// How long the community takes, before --latency divides it: a log-normal time with a long tail, drawn by all of the above and multiplied by the
/// community's pace, or its scripted time give or take a tenth; eight times that where its health is slow. Source: fixture.md 4.
std::chrono::duration<double> latency_of(std::uint64_t seed, Community const& community, Call const& call);

}  // namespace tributary::simulator
