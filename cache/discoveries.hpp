#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/records.hpp"

namespace tributary::cache {

/// Discoveries, their Exchanges, and how complete an answer is. Source: architecture 5 and 7.
class Discoveries {
public:
    explicit Discoveries(Database& database) : database_(database) {}

    OpenedDiscovery open(OpenDiscovery const& wanted);
    void abandon(std::string_view id, Utc now);
    void abandon_others(std::vector<DiscoveryKey> const& wanted, Utc now);
    void finish(ExchangeOutcome const& outcome);
    void mark_late(std::string_view id);
    Progress progress(std::string_view scope, std::string_view key);
    Progress of_patients(std::vector<std::int64_t> const& patients);
    std::vector<Progress> recent(std::size_t limit);
    std::optional<std::int64_t> find(std::string_view id);
    Progress load(std::int64_t discovery);
    /// Partner by partner, in order of their ids. `progress`: of the same Discovery.
    std::vector<PartnerProgress> partners(std::int64_t discovery, Progress const& progress);

private:
    struct Latest {
        std::int64_t sequence = 0;
        std::string id;
        Utc started;
        std::optional<Utc> ended;
    };
    Latest latest(OpenDiscovery const& wanted);
    OpenedDiscovery start(OpenDiscovery const& wanted);
    OpenedDiscovery join(OpenDiscovery const& wanted, Latest const& latest);
    void end_if_done(std::int64_t discovery, Utc now);

    Database& database_;
};

}  // namespace tributary::cache
