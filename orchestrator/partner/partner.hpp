#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/async/worker.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/tls.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/lane.hpp"

namespace tributary::partner {

enum class DiscoveryMethod { automatic, search, match };

/// [[partner]] over [partner_defaults] of the configuration.
struct PartnerSettings {
    std::string id, fhir, name, home_community_id;
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds discovery_timeout = std::chrono::seconds(60);
    std::chrono::milliseconds query_timeout = std::chrono::seconds(60);
    std::chrono::milliseconds retrieve_timeout = std::chrono::seconds(120);
    std::chrono::milliseconds probe_timeout = std::chrono::seconds(10);
    std::size_t max_concurrent = 4;
    std::vector<std::string> allowed_origins;
    double requests_per_second = 0;
    unsigned attempts = 3;
    double retry_share = 0.5;
    unsigned breaker_failures = 5;
    std::chrono::milliseconds breaker_pause = std::chrono::seconds(60);
    DiscoveryMethod discovery = DiscoveryMethod::automatic;
    net::TlsClientSettings tls;
    // [limits]
    std::size_t partner_body = std::size_t{20} << 20U;
    std::size_t document_body = std::size_t{64} << 20U;
    std::size_t page_size = 50;
    std::size_t patients_per_query = 250;
    std::size_t entries_per_page = 1000;
    std::size_t pages_per_query = 200;
    std::size_t lane_queue = 20000;
};

/// A community we may ask: what it speaks and what paces it. Owner: app, alive as long as it is configured. Thread: the loop.
class Partner {
public:
    Partner(PartnerSettings settings, std::unique_ptr<Community> community, std::unique_ptr<Lane> lane);
    PartnerSettings const& settings() const { return settings_; }
    std::string const& id() const { return settings_.id; }
    Community& community() { return *community_; }
    Lane& lane() { return *lane_; }
    Lane const& lane() const { return *lane_; }

private:
    PartnerSettings settings_;
    std::unique_ptr<Community> community_;  // sends by the turns of the Lane
    std::unique_ptr<Lane> lane_;
};

/// What all partners share; each outlives them.
struct PartnerSurroundings {
    boost::asio::any_io_executor ex;
    async::Clock& clock;
    net::HttpClient& client;
    net::TlsContexts& tls;
    async::Worker& worker;
    async::Semaphore& process_permits;  ///< [discovery] max_in_flight
    Logger logger;
    Metrics& metrics;
};
/// A partner that speaks FHIR. Its Lane is not started yet. Errors: malformed (its URL), tls (its files).
Result<std::unique_ptr<Partner>> make_partner(
    PartnerSettings settings, PartnerSurroundings const& surroundings
);
/// What paces a partner of these settings.
Lane::Settings lane_settings(PartnerSettings const& settings);

}  // namespace tributary::partner
