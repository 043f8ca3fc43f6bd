#pragma once
#include <cstddef>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

/// A Patient, and where.
struct KnownPatient {
    Community const* community;
    Patient const* patient;
};

/// Are they one Person without anybody else's help? Source: architecture 8, Person.
bool is_linked(KnownPatient const& a, KnownPatient const& b);

/// The Person of each patient, as a number: patients that are linked, directly or by way of others, have the same.
std::vector<std::size_t> persons_of(std::vector<KnownPatient> const& patients);

}  // namespace tributary::simulator
