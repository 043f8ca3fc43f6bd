#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <variant>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/pacing/circuit_breaker.hpp"
#include "orchestrator/pacing/concurrency.hpp"
#include "orchestrator/pacing/retry_budget.hpp"
#include "orchestrator/partner/request_turns.hpp"
#include "orchestrator/partner/step.hpp"
#include "orchestrator/partner/step_queue.hpp"

namespace tributary::partner {

using boost::asio::awaitable;

/// For /partners.
struct LaneFigures {
    std::size_t queued = 0, owed = 0, running = 0;
    pacing::BreakerState breaker = pacing::BreakerState::closed;
    std::chrono::milliseconds throttled_for{0};  ///< by Retry-After; 0: not
};

/// Everything that paces one partner: queue of Steps, places, rate, breaker, throttle. One pump waits for a place and a permit of the process, then
/// chooses the Step and hands both to its runner; a Step that waits is a record. Owner: its Partner. Thread: the loop.
/// Ends: after its runners were stopped, cancel(), then stop(). Source: architecture 4 and 5.
class Lane {
public:
    struct Settings {
        std::string partner;
        std::size_t max_concurrent = 4;
        std::size_t queue = 20000;
        unsigned attempts = 3;
        double retry_share = 0.5;
        unsigned breaker_failures = 5;
        std::chrono::milliseconds breaker_pause = std::chrono::seconds(60);
        double requests_per_second = 0;
    };
    Lane(
        boost::asio::any_io_executor ex,
        Clock& clock,
        async::Semaphore& process_permits,
        Settings settings,
        Logger logger,
        Metrics& metrics
    );

    /// Errors: throttled (the queue is full, or the partner wants to be asked much later), connect (the breaker is open), closed. Eager retrievals wait
    /// for a partner that is not asked now.
    [[nodiscard]] Result<void> add(Step step);
    /// Runs a failed Exchange again at `not_before`, or as soon as the partner answers again. Never refused.
    void add_owed(Step step, Clock::TimePoint not_before);
    /// What the coroutine of a Step came to: queues it again, or tells the runner that it has ended.
    void settle(Step step, StepResult result);
    /// Drops the runner's queued Steps of that Flow.
    void forget(StepRunner const& runner, Flow flow) { queue_.forget(runner, flow), show(); }
    /// The Discovery's queued Steps take the turn of another app.
    void move(Flow flow, std::uint32_t app) { queue_.move(flow, app); }
    /// A queued Step becomes on-demand. False: it is not queued.
    bool raise(StepRunner const& runner, Flow flow, std::uint32_t target);
    /// Drops one queued Step. False: it is not queued.
    bool drop(StepRunner const& runner, Flow flow, std::uint32_t target);

    void start();
    void cancel() { pump_.cancel(); }
    /// Refuses and drops what is queued, waits for the running Steps (their owners cancel them), ends the pump.
    awaitable<void> stop();

    /// A call made now would be tried soon: the breaker is not open, nor does the partner want to be asked much later.
    bool available() const { return !refusal(clock_.now()); }
    LaneFigures figures() const;
    /// What each request to the partner has to take.
    RequestTurns& turns() { return turns_; }

private:
    friend class Slot;
    awaitable<void> pump();
    std::optional<Failure> refusal(Clock::TimePoint now) const;
    Clock::TimePoint next_start(Clock::TimePoint now);
    Clock::TimePoint next_due(Clock::TimePoint now);
    void start_next(async::Semaphore::Permit permit);
    void note(StepResult const& result);
    bool repeat(Step& step, Failure const& why);
    void fail_impatient();
    void hurry_owed(bool one_has_succeeded);
    void answered() noexcept;
    void give_back(bool probe) noexcept;
    void wake() { (void)wake_.try_push(std::monostate()); }
    void show() noexcept;

    Clock& clock_;
    async::Semaphore& process_permits_;
    Settings settings_;
    Logger logger_;
    Metrics::Gauge& queued_gauge_;
    Metrics::Gauge& owed_gauge_;
    Metrics::Gauge& running_gauge_;
    Metrics::Gauge& allowed_gauge_;
    Metrics::Gauge& breaker_gauge_;
    Metrics::Counter& retries_;
    Metrics::Counter& retries_refused_;
    pacing::CircuitBreaker breaker_;
    RequestTurns turns_;
    pacing::RetryBudget budget_;
    Clock::TimePoint throttled_until_ = Clock::TimePoint::min();
    Clock::TimePoint hurry_at_ = Clock::TimePoint::min();
    pacing::Concurrency concurrency_;
    std::minstd_rand random_;
    StepQueue queue_;
    std::size_t running_ = 0;
    bool closed_ = false;
    async::WaitList idle_;
    async::BoundedQueue<std::monostate> wake_{1};
    async::TaskGroup pump_;  // last
};

}  // namespace tributary::partner
