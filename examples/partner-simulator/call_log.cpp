#include "examples/partner-simulator/call_log.hpp"

#include <utility>

#include "fhir/json/value.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {

void CallLog::add(LoggedCall call) {
    if (calls_.size() == most_) calls_.pop_front();
    calls_.push_back(std::move(call));
}

std::string CallLog::to_json() const {
    auto calls = fhir::json::array();
    for (auto const& call : calls_) {
        auto const asked = std::chrono::floor<std::chrono::microseconds>(call.asked.time_since_epoch());
        auto const latency = std::chrono::floor<std::chrono::microseconds>(call.latency);
        calls.push(fhir::json::object({
            {"partner", call.partner},
            {"step", wire(call.step)},
            {"method", call.method},
            {"target", call.target},
            {"asked_us", asked.count()},
            {"latency_us", latency.count()},
        }));
    }
    return fhir::json::write(fhir::json::object({{"calls", std::move(calls)}}));
}

}  // namespace tributary::simulator
