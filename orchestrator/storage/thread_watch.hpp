#pragma once
#include <chrono>
#include <string>

#include "fhir/base/failure.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"

namespace tributary::storage {

/// What an operator learns about one thread: how many units of work it holds, how many it refused, and that its database fails (a full disk, a broken
/// one): each that failed is counted, and at most one line a minute is logged, and one when work succeeds again.
/// Owner: Storage, one for each thread. Thread: the loop.
class ThreadWatch {
public:
    using Now = std::chrono::steady_clock::time_point;

    ThreadWatch(Metrics& metrics, Logger const& logger, std::string const& thread);

    Metrics::Gauge& waiting() { return waiting_; }
    void worked();
    /// What the caller is told: not the words of SQLite, which are of use to the operator only.
    Failure failed(Failure const& why, Now now);

private:
    Metrics::Gauge& waiting_;
    Metrics::Counter& refused_;
    Metrics::Counter& failures_;
    Logger logger_;
    bool reads_only_;
    bool failing_ = false;  // and that was logged
    Now next_line_ = Now::min();
};

}  // namespace tributary::storage
