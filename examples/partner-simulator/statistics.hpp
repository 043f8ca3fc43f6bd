#pragma once
#include <array>
#include <chrono>
#include <cstddef>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

/// Requests counted at the side that gets them. A plain value. Thread: the loop.
class Tally {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    void arrive(TimePoint now);
    void leave() { --at_once_; }
    /// What a request turned out to be.
    void count(Step step) { ++steps_.at(static_cast<std::size_t>(step)); }
    void count_throttled() { ++throttled_; }
    std::size_t at_once() const { return at_once_; }

    /// {requests, max_at_once, most_per_second, throttled, steps: {patient_discovery, …}}; the members are added to `object`.
    void tell(fhir::json::Value& object) const;

private:
    std::size_t requests_ = 0, at_once_ = 0, max_at_once_ = 0, throttled_ = 0;
    TimePoint second_{};  ///< when the running second began: with the first request after the last one
    std::size_t in_second_ = 0, most_per_second_ = 0;
    std::array<std::size_t, kSteps> steps_{};
};

}  // namespace tributary::simulator
