#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>

#include "examples/partner-simulator/fhir_facade.hpp"

namespace tributary::simulator {

/// A request to a community, and how long its answer was scripted to take.
struct LoggedCall {
    std::string partner;
    Step step = Step::none;
    std::string method, target;  ///< below the base; the body of a POST after '?'
    std::chrono::steady_clock::time_point asked;
    std::chrono::steady_clock::duration latency{0};
};

/// The latest requests, for who wants to know what an ideal client could have done. Owner: Simulator. Thread: the loop.
class CallLog {
public:
    explicit CallLog(std::size_t most) : most_(most) {}
    void add(LoggedCall call);
    /// {calls: [{partner, step, method, target, asked_us, latency_us}]}, the oldest first. `asked_us`: by the machine's steady clock, which is
    /// the same for every process.
    std::string to_json() const;

private:
    std::size_t most_;
    std::deque<LoggedCall> calls_;
};

}  // namespace tributary::simulator
