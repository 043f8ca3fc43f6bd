#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "orchestrator/async/wait_list.hpp"

namespace tributary::async {

/// First in, first out, at most `capacity` items; any number of producers and consumers, each side served in order.
/// The overflow policy is the caller's: push() waits, try_push() refuses (reject newest), try_pop() then try_push() drops
/// the oldest. Owner: outlives every waiter. Thread: the loop thread. Ends: close().
template <class T>
class BoundedQueue {
public:
    /// capacity >= 1.
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// False: full or closed, and `value` is untouched.
    [[nodiscard]] bool try_push(T&& value) {
        if (closed_ || full()) return false;
        put(std::move(value));
        return true;
    }

    /// Waits for room. False: closed, the value is destroyed. Deadline: none; wrap in with_deadline().
    /// Cancellation: terminal; operation_aborted, the value was not queued. Room granted in the same turn is used instead.
    awaitable<bool> push(T value) {
        if (closed_) co_return false;
        if (full()) {
            Wake const wake = co_await producers_.wait();
            if (wake == Wake::granted) --promised_;
            if (closed_) co_return false;
        }
        put(std::move(value));
        co_return true;
    }

    /// Waits for an item. Empty: closed and drained. Deadline: none; wrap in with_deadline().
    /// Cancellation: terminal; operation_aborted, no item is lost. An item granted in the same turn is returned instead.
    awaitable<std::optional<T>> pop() {
        if (items_.size() == claimed_) {
            if (closed_) co_return std::nullopt;
            Wake const wake = co_await consumers_.wait();
            if (wake == Wake::closed) co_return std::nullopt;
            --claimed_;
        }
        co_return take();
    }

    /// Empty: no item that is not already promised to a waiting consumer.
    [[nodiscard]] std::optional<T> try_pop() {
        if (items_.size() == claimed_) return std::nullopt;
        return take();
    }

    /// Refuses further items, wakes everybody who waits; what is queued can still be popped. Idempotent.
    void close() {
        closed_ = true;
        consumers_.close_all();
        producers_.close_all();
    }

    bool closed() const { return closed_; }
    bool full() const { return items_.size() + promised_ >= capacity_; }
    std::size_t size() const { return items_.size(); }

private:
    void put(T&& value) {
        items_.push_back(std::move(value));
        if (consumers_.wake_one()) ++claimed_;
    }
    std::optional<T> take() {
        std::optional<T> value(std::move(items_.front()));
        items_.pop_front();
        if (producers_.wake_one()) ++promised_;
        return value;
    }

    std::size_t capacity_;
    std::deque<T> items_;
    std::size_t claimed_ = 0;   // items of woken consumers that have not resumed yet
    std::size_t promised_ = 0;  // room of woken producers that have not resumed yet
    bool closed_ = false;
    WaitList consumers_;
    WaitList producers_;
};

}  // namespace tributary::async
