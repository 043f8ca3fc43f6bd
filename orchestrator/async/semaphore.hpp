#pragma once
#include <cstddef>
#include <optional>
#include <utility>

#include "orchestrator/async/wait_list.hpp"

namespace tributary::async {

/// Counts permits; strictly first come, first served. Owner: outlives every Permit and every waiter.
/// Thread: the loop thread.
class Semaphore {
public:
    /// Gives one permit back when destroyed. Move-only.
    class [[nodiscard]] Permit {
    public:
        Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Permit& operator=(Permit&& other) noexcept {
            if (this != &other) {
                release();
                owner_ = std::exchange(other.owner_, nullptr);
            }
            return *this;
        }
        ~Permit() { release(); }
        /// Gives the permit back early; idempotent.
        void release() noexcept {
            if (Semaphore* owner = std::exchange(owner_, nullptr)) owner->put_back();
        }

    private:
        friend class Semaphore;
        explicit Permit(Semaphore* owner) : owner_(owner) {}
        Semaphore* owner_;
    };

    explicit Semaphore(std::size_t permits) : free_(permits) {}

    /// Deadline: none; wrap in with_deadline(). Errors: none.
    /// Cancellation: terminal; the place in line is given up, operation_aborted is thrown. A permit granted in the same
    /// turn is returned instead, and goes back by itself if the caller drops it.
    awaitable<Permit> acquire();
    /// Empty when none is free; never overtakes a waiter.
    [[nodiscard]] std::optional<Permit> try_acquire();

    std::size_t available() const { return free_; }
    std::size_t waiting() const { return waiters_.size(); }

private:
    void put_back() noexcept;

    std::size_t free_;  // > 0 only while nobody waits
    WaitList waiters_;
};

}  // namespace tributary::async
