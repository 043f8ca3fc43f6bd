#include "examples/partner-simulator/statistics.hpp"

#include <algorithm>
#include <utility>

namespace tributary::simulator {

void Tally::arrive(TimePoint now) {
    max_at_once_ = std::max(max_at_once_, ++at_once_);
    if (requests_++ == 0 || now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        in_second_ = 0;
    }
    most_per_second_ = std::max(most_per_second_, ++in_second_);
}

void Tally::tell(fhir::json::Value& object) const {
    object.set("requests", requests_);
    object.set("max_at_once", max_at_once_);
    object.set("most_per_second", most_per_second_);
    object.set("throttled", throttled_);
    auto steps = fhir::json::object({});
    for (std::size_t i = 0; i < kSteps; ++i) steps.set(wire(static_cast<Step>(i)), steps_.at(i));
    object.set("steps", std::move(steps));
}

}  // namespace tributary::simulator
