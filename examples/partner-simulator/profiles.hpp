#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "examples/partner-simulator/network.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::simulator {

/// Which network to make. What is not given follows from the profile.
struct ProfileChoice {
    std::string profile = "sample";
    std::string data;  ///< folder of test data; "": where it usually lies
    std::uint64_t seed = 20260701;
    std::optional<std::size_t> partners, scale;
};

/// sample: eight communities with documents of the simulator's own, further ones know nobody. tiny: four persons of the data folder at eight communities
/// that answer at once. default: everybody at 200. soak: everybody twenty times. Errors: not_found (no data folder), malformed (a file in it).
Result<Network> make_network(ProfileChoice const& choice);

}  // namespace tributary::simulator
