#include "orchestrator/delivery/attempt_slots.hpp"

#include <optional>
#include <utility>

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/with_deadline.hpp"

namespace tributary::delivery {

AttemptSlots::Slot::Slot(AttemptSlots& slots, async::Semaphore::Permit permit)
    : slots_(slots),
      permit_(std::move(permit)),
      since_(slots.clock_.now()),
      place_(slots.running_.insert(slots.running_.end(), this)) {}

AttemptSlots::Slot::~Slot() {
    if (place_ != slots_.running_.end()) slots_.running_.erase(place_);
}

awaitable<std::unique_ptr<AttemptSlots::Slot>> AttemptSlots::acquire() {
    auto permit = prompt_.try_acquire();
    while (!permit) {
        make_room();
        auto turn = prompt_.acquire();
        auto const limit = async::Deadline::at(next_room());
        auto granted = co_await async::with_deadline(clock_, limit, std::move(turn));
        if (granted) permit.emplace(std::move(*granted));
    }
    co_return std::make_unique<Slot>(*this, std::move(*permit));
}

awaitable<std::unique_ptr<AttemptSlots::Slot>> AttemptSlots::acquire_slow() {
    auto permit = co_await slow_.acquire();
    auto slot = std::make_unique<Slot>(*this, std::move(permit));
    running_.erase(std::exchange(slot->place_, running_.end()));
    co_return slot;
}

void AttemptSlots::make_room() {
    auto const now = clock_.now();
    while (!running_.empty() && running_.front()->since_ + kPatience <= now) {
        auto permit = slow_.try_acquire();
        if (!permit) return;
        auto& slot = *running_.front();
        running_.erase(std::exchange(slot.place_, running_.end()));
        slot.permit_ = std::move(*permit);  // whoever waits gets the one it had
    }
}

/// When it is worth looking again for an attempt that has become slow.
async::Clock::TimePoint AttemptSlots::next_room() const {
    auto const now = clock_.now();
    auto const oldest = running_.empty() ? now : running_.front()->since_ + kPatience;
    return oldest > now ? oldest : now + kPatience;
}

}  // namespace tributary::delivery
