#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/clock.hpp"

namespace tributary::pipeline {

/// What is to be done at a time, for one Discovery.
struct Appointment {
    enum class Kind { late, refresh, reopen, forget, progress } kind = Kind::late;
    std::uint32_t number = 0;
    std::string discovery;  ///< of late
};

/// What is to be done later, in order of time. Owner: Discoveries. Thread: the loop. Ends: with the task that waits for next().
class Appointments {
public:
    explicit Appointments(async::Clock& clock) : clock_(clock) {}

    void make(async::Clock::TimePoint when, Appointment appointment);
    /// The first one, once it is due; one task waits. Deadline: none. Cancellation: terminal; what was made is still to come.
    boost::asio::awaitable<Appointment> next();

private:
    async::Clock& clock_;
    std::multimap<async::Clock::TimePoint, Appointment> made_;
    async::BoundedQueue<std::monostate> wake_{1};
};

}  // namespace tributary::pipeline
