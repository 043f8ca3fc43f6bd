#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// Bounds the attempts under way, so that endpoints that hang do not hold up those that answer: where there is no room, an attempt that has waited long
/// for its answer makes some, and counts among the slow ones from then on, of which there may be as many again. Owner: RestHookSender; outlives every
/// Slot. Thread: the loop.
class AttemptSlots {
public:
    static constexpr std::chrono::seconds kPatience{2};  ///< for an answer, before an attempt is slow

    AttemptSlots(async::Clock& clock, std::size_t most) : clock_(clock), prompt_(most), slow_(most) {}

    /// The right to make one attempt; ends with it.
    class Slot {
    public:
        Slot(AttemptSlots& slots, async::Semaphore::Permit permit);
        Slot(Slot const&) = delete;
        Slot& operator=(Slot const&) = delete;
        ~Slot();

    private:
        friend class AttemptSlots;
        AttemptSlots& slots_;
        async::Semaphore::Permit permit_;
        async::Clock::TimePoint since_;
        std::list<Slot*>::iterator place_;  ///< the list's end: slow
    };

    /// Deadline: none. Cancellation: terminal; the place in line is given up. Errors: none.
    awaitable<std::unique_ptr<Slot>> acquire();
    /// For an endpoint that is known to hang: a slow one from the start. Otherwise like acquire().
    awaitable<std::unique_ptr<Slot>> acquire_slow();

private:
    void make_room();
    async::Clock::TimePoint next_room() const;

    async::Clock& clock_;
    async::Semaphore prompt_, slow_;
    std::list<Slot*> running_;  ///< those that are not slow, oldest first
};

}  // namespace tributary::delivery
