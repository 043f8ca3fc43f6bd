#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "examples/partner-simulator/generator/source_data.hpp"

namespace tributary::simulator {

/// Those with the smallest draws first.
std::vector<std::string> by_distance(
    std::vector<std::string> const& communities, std::function<double(std::string const&)> const& draw_of
);

/// The communities that know each person, by the person's key: those with the smallest draws, nearest first, so that one more community moves almost
/// nothing. Source: fixture.md 2, the table of patients.
std::map<std::string, std::vector<std::string>> spread_persons(
    SourceData const& data, std::uint64_t seed, std::vector<std::string> const& communities
);

}  // namespace tributary::simulator
