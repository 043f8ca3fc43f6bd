#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "examples/partner-simulator/generator/source_data.hpp"

namespace tributary::simulator {

/// How a community registered a person. Source: fixture.md 2, demographics at a partner.
enum class Variation {
    exact,
    upper_case,
    no_middle_name,
    nickname,
    without_accents,
    old_address,
    maiden_name,
    swapped_birth_date,
};

/// The draw of (partner, person); exact, where the person, as `patient`, has nothing to vary in that way.
Variation draw_variation(
    std::uint64_t seed, std::string_view partner, SourcePerson const& person, Patient const& patient
);

/// The person as that community knows them, with an id in the style of its family, the number of its own domain and, at three of ten, the enterprise's.
Patient patient_at(std::uint64_t seed, Community const& community, SourcePerson const& person);

/// An id in the style of that family's servers; the same for the same `what`.
std::string local_id(std::uint64_t seed, Community const& community, std::string_view what);

}  // namespace tributary::simulator
