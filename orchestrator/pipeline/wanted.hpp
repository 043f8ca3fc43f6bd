#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "orchestrator/pipeline/discovery.hpp"

namespace tributary::pipeline {

/// Everybody who asks for one patient.
struct Wanted {
    std::uint32_t number = 0;
    std::string key;  ///< scope and PatientQuery, of the map
    std::string scope;
    fhir::search::PatientQuery query;
    partner::Flow flow;
    std::set<std::string> subscriptions;
    std::set<std::string> followers;       ///< those of them that are told how it goes
    async::Clock::TimePoint told{};        ///< when they last were
    bool progress_due = false;             ///< they will be
    std::unique_ptr<Discovery> discovery;  ///< while it runs, or owes
    std::size_t looking = 0;               ///< look-ups of what newcomers lack
    bool forget_due = false;               ///< it is looked at again
    bool opening = false;
    bool resumed = false;                ///< at start: what has been answered is not asked again, however old
    bool again = false;                  ///< the next run is a refresh
    bool refresh_due = false;            ///< one is appointed
    std::optional<cache::Utc> finished;  ///< when the run that answers now ended, if that was before
};

}  // namespace tributary::pipeline
