#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// Tells Subscriptions how the Discovery that they follow goes: as Events of their stream, on disk before they are sent.
/// Owner: Discoveries. Thread: the loop. Ends: with the group that runs its coroutines.
class ProgressTeller {
public:
    explicit ProgressTeller(Surroundings& around);

    /// Tells what is stored of the Discovery now, to those for whom it is news, and wakes their deliveries.
    /// Deadline: none, as until_stored(). Cancellation: terminal; what is not stored yet is told after the next start. Errors: logged.
    awaitable<void> tell(std::string scope, std::string discovery, std::vector<std::string> followers);

private:
    Surroundings& around_;
    Metrics::Counter& told_;
};

}  // namespace tributary::pipeline
