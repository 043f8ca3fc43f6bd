#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/identity/acceptance.hpp"
#include "fhir/search/patient_query.hpp"
#include "orchestrator/pipeline/retrievals.hpp"
#include "orchestrator/pipeline/surroundings.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

enum class Retrieve { eager, lazy, off };

/// [discovery] of the configuration.
struct DiscoverySettings {
    std::chrono::milliseconds deadline = std::chrono::minutes(5);
    std::chrono::milliseconds reuse = std::chrono::minutes(15);
    std::size_t max_in_flight = 512;
    std::size_t max_matches = 5;
    fhir::identity::Acceptance acceptance = fhir::identity::Acceptance::strict;
    Retrieve retrieve = Retrieve::eager;
    std::chrono::milliseconds refresh{0};
    std::chrono::milliseconds progress_interval{1000};
};

/// Whom a Subscription asks for.
struct Interest {
    std::string subscription, scope, origin;
    fhir::search::PatientQuery query;  ///< references already resolved
    bool progress = false;             ///< it is told how the Discovery goes
};

/// All Discoveries: one at a time for each (scope, PatientQuery), joined by every Subscription that asks for the same patient.
/// Owner: app. Thread: the loop. Ends: cancel(), then stop().
class Discoveries {
public:
    Discoveries(Surroundings surroundings, Retrievals& retrievals, DiscoverySettings settings);
    ~Discoveries();

    /// Joins the running Discovery for this patient, answers from one that ended within `reuse` (only owed partners are asked again), or starts one.
    /// Who asked for another patient before, or asks for none now, does not want that one any more.
    void want(Interest interest);
    /// The Subscription is off or deleted: a Discovery nobody wants any more drops its queued Steps and ends its running ones within 100 ms.
    void unwant(std::string const& subscription);
    /// How many partners the Discovery that is being opened for this patient is going to ask; 0: none is being opened.
    std::size_t about_to_ask(std::string const& scope, fhir::search::PatientQuery const& query) const;
    /// At start: every live Subscription wants again; unfinished Exchanges are run, finished ones are not.
    awaitable<Result<void>> resume(subscriptions::Rules rules);

    void cancel();
    awaitable<void> stop();
    std::size_t running() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::pipeline
