#pragma once
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/call_log.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// Reads the CapabilityStatement of each partner with discovery = "auto": at the start and then daily, a few at a time, as Steps in their Lanes. What one
/// says changes how the partner is asked from then on; nobody waits for it, and it does not count for the breaker.
/// Owner: app. Thread: the loop. Ends: cancel(), then stop(). Source: architecture 7, document-sharing A.4.6.
class CapabilityProbe final : public partner::StepRunner {
public:
    CapabilityProbe(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        std::vector<std::unique_ptr<partner::Partner>>& partners,
        CallLog& calls,
        Logger logger
    );
    void start();
    void cancel();
    awaitable<void> stop() { return tasks_.join(); }

    void start(partner::Lane& lane, partner::Step step, partner::Slot slot) override;
    void ended(partner::Lane& lane, partner::Step const& step, partner::StepResult const& result) override;

private:
    struct Reading {
        async::Clock::TimePoint due;  // max(): under way, or never
        unsigned failures = 0;        // in a row
        std::optional<async::Semaphore::Permit> permit;
    };

    awaitable<void> keep_reading();
    awaitable<void> read(std::size_t index, partner::Step step, partner::Slot slot);
    void ask(std::size_t index);
    void succeeded(std::size_t index);
    void failed(std::size_t index);
    double jitter() { return std::uniform_real_distribution<double>(0.5, 1)(random_); }

    async::Clock& clock_;
    std::vector<std::unique_ptr<partner::Partner>>& partners_;
    CallLog& calls_;
    Logger logger_;
    std::minstd_rand random_;
    async::Semaphore at_once_;
    std::vector<Reading> readings_;  // as partners_
    async::TaskGroup tasks_;         // last
};

}  // namespace tributary::pipeline
