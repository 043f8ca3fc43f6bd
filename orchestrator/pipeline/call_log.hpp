#pragma once
#include <chrono>
#include <string>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"
#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/partner/step.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// "patient_discovery", "query_documents", "retrieve_document", "read_capabilities".
std::string_view step_name(partner::StepKind kind);

/// A call to a partner from its start to its end. A value.
class Call {
public:
    Call(async::Clock const& clock, std::string discovery, std::string partner, partner::Step const& step);

private:
    friend class CallLog;
    cache::CallRow row_;
    async::Clock::TimePoint started_;
};

/// Every partner call leaves a row and two figures: one bounded queue and one task that writes in batches; what does not fit is counted and dropped.
/// Owner: app; outlives Discoveries and Retrievals. Thread: the loop. Ends: stop() (what is queued is written), bounded by cancel().
class CallLog {
public:
    /// `most_rows`: that wait to be written.
    CallLog(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        storage::Storage& storage,
        Logger logger,
        Metrics& metrics,
        std::size_t most_rows
    );

    void succeeded(Call call, std::size_t bytes) { record(std::move(call), "ok", bytes); }
    void failed(Call call, Failure const& why);

    void start();
    void cancel() { writer_.cancel(); }
    awaitable<void> stop();

private:
    void record(Call call, std::string outcome, std::size_t bytes);
    awaitable<void> write();

    async::Clock& clock_;
    storage::Storage& storage_;
    Logger logger_;
    Metrics& metrics_;
    Metrics::Counter& dropped_;
    std::unordered_map<std::string, Metrics::Counter*> calls_;
    std::unordered_map<std::string, Metrics::Histogram*> seconds_;
    async::BoundedQueue<cache::CallRow> rows_;
    async::TaskGroup writer_;  // last
};

}  // namespace tributary::pipeline
