#pragma once
#include <cstdint>
#include <utility>
#include <variant>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"

namespace tributary::partner {

using async::Clock;

enum class StepKind : std::uint8_t {
    patient_discovery,
    query_documents,
    retrieve_document,
    read_capabilities
};
/// In order of service. on_demand goes before everything else in a Lane, the others only before later ones of the same Flow.
enum class Priority : std::uint8_t { on_demand, query, discovery, eager };

/// Whose turn a Step takes: an app's, and within it a Discovery's. Discovery numbers are unique in the process; 0: no Discovery. A value.
struct Flow {
    std::uint32_t app = 0;  ///< may change in a Discovery's life: it is no part of which Flow this is
    std::uint32_t discovery = 0;
    bool operator==(Flow const& other) const { return discovery == other.discovery; }
};

class StepRunner;

/// A call to make: a record of 40 bytes, data and not a coroutine.
struct Step {
    StepRunner* runner = nullptr;
    Clock::TimePoint not_before{};
    Clock::TimePoint queued_since{};  ///< set by the Lane
    Flow flow;
    std::uint32_t target = 0;  ///< an index into what its runner keeps
    std::uint8_t attempt = 0;
    StepKind kind = StepKind::patient_discovery;
    Priority priority = Priority::discovery;
    bool owed =
        false;  ///< runs a failed Exchange again: not bounded by lane_queue, and what the breaker probes with
};
static_assert(sizeof(Step) == 40);

/// What the call of a Step came to. The Lane acts on it and keeps the attempt count.
class StepResult {
public:
    struct Done {};
    struct Retry {
        Failure why;
    };
    struct Parked {
        Clock::TimePoint until;
    };
    struct Failed {
        Failure why;
    };
    static StepResult done() { return StepResult(Done{}); }
    /// Again after the back-off, or what the partner asked to wait, as long as there are attempts left; else failed.
    static StepResult retry(Failure why) { return StepResult(Retry{std::move(why)}); }
    /// Again at `until`, without counting as an attempt: no fault of the partner.
    static StepResult parked(Clock::TimePoint until) { return StepResult(Parked{until}); }
    static StepResult failed(Failure why) { return StepResult(Failed{std::move(why)}); }
    /// retry or failed, as pacing::classify() says.
    static StepResult of(Failure why);

    template <class T>
    T const* get() const {
        return std::get_if<T>(&state_);
    }

private:
    using State = std::variant<Done, Retry, Parked, Failed>;
    explicit StepResult(State state) : state_(std::move(state)) {}
    State state_;
};

class Lane;

/// The right to run one Step: a place in the Lane and a permit of the process. Both go back when it is destroyed. Move-only.
class [[nodiscard]] Slot {
public:
    Slot(Lane& lane, async::Semaphore::Permit permit, bool probe);
    Slot(Slot&& other) noexcept
        : lane_(std::exchange(other.lane_, nullptr)),
          permit_(std::move(other.permit_)),
          probe_(other.probe_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() { release(); }
    /// The partner has answered well: its place goes back, the permit stays until what it answered is stored. Idempotent.
    void answered() noexcept;
    /// The place goes back. Idempotent.
    void release() noexcept;

private:
    Lane* lane_;
    async::Semaphore::Permit permit_;
    bool probe_;  // of a half-open breaker
};

/// Who owns Steps and the TaskGroup in which they run: a Discovery, the Retrievals. Outlives its queued Steps: forget() them first.
class StepRunner {
public:
    /// A slot is free: spawn the Step's coroutine in the runner's group, keep `slot` in it and settle the Step at its end; one whose end says nothing
    /// about the partner only gives the slot back. Must not fail.
    virtual void start(Lane& lane, Step step, Slot slot) = 0;
    /// The Step will not run again. Told inside settle(), or by the Lane itself when its breaker opens.
    virtual void ended(Lane& lane, Step const& step, StepResult const& result) = 0;

protected:
    ~StepRunner() = default;
};

}  // namespace tributary::partner
