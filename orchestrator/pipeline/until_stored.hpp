#pragma once
#include <chrono>
#include <type_traits>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/backoff.hpp"
#include "orchestrator/async/clock.hpp"

namespace tributary::pipeline {

/// What may be given up after ten attempts in some 10 s is owed and asked for again; what nobody would ask for again may not.
enum class Patience { ten_attempts, endless };

/// Repeats a unit of work, or a read, that the database refused: a full queue or disk is no fault of the partner whose answer it is. `write` makes the awaitable anew
/// each time and outlives this call. Deadline: none but `patience`. Cancellation: terminal. Errors: closed, and those of the last attempt.
template <class Write>
auto until_stored(async::Clock& clock, Write& write, Patience patience = Patience::ten_attempts)
    -> std::invoke_result_t<Write&> {
    constexpr int kAttempts = 10;
    async::Backoff backoff(
        std::chrono::milliseconds(100),
        std::chrono::seconds(5),
        static_cast<std::uint64_t>(clock.now().time_since_epoch().count())
    );
    for (int attempt = 1;; ++attempt) {
        auto stored = co_await write();
        if (stored || stored.error().errc() == Errc::closed) co_return stored;
        if (attempt >= kAttempts && patience == Patience::ten_attempts) co_return stored;
        co_await clock.sleep_for(backoff.next());
    }
}

}  // namespace tributary::pipeline
