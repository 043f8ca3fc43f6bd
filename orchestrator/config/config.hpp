#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "orchestrator/config/quantities.hpp"
#include "orchestrator/config/table_reader.hpp"
#include "orchestrator/delivery/deliveries.hpp"
#include "orchestrator/net/tls.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/discoveries.hpp"

namespace tributary::config {

/// [server]
struct Server {
    HostPort listen{"127.0.0.1", 8080};
    bool allow_http = false;
    std::string canonical_base = "http://tributary.example";
    std::string public_base;  ///< "": from listen
    net::TlsServerSettings tls;
    std::chrono::milliseconds drain = std::chrono::seconds(10);
    std::vector<std::string> allowed_origins;
    bool json_dialect = true;
    std::chrono::milliseconds dialect_unbound = std::chrono::minutes(15);
    std::string secrets_key_file;  ///< "": beside the cache, made when there is none
};

/// [operations]
struct Operations {
    HostPort listen{"127.0.0.1", 9090};
};

/// [cache]
struct Cache {
    std::string path = "tributary.db";  ///< ":memory:": a private temporary folder
    bool full_synchronous = true;
    std::uint64_t documents_max = 10ULL << 30U;
    std::chrono::milliseconds retention = std::chrono::hours(24 * 30);
    std::chrono::milliseconds call_history = std::chrono::hours(24 * 7);
    std::chrono::milliseconds event_retention = std::chrono::hours(24 * 30);
};

/// [limits], as far as no part has them in its own settings.
struct Limits {
    std::size_t request_body = std::size_t{4} << 20U;
    std::size_t request_head = 32 * 1024;
    std::chrono::milliseconds request_time = std::chrono::seconds(30);
    std::size_t subscriptions = 100000;
    std::size_t subscription_versions = 100;
    std::size_t criteria = 64 * 1024;
    std::size_t answers = std::size_t{512} << 20U;
    std::size_t connections = 10000;
    std::size_t connections_per_address = 10000;
    std::size_t websocket_send_buffer = std::size_t{1} << 20U;
    std::size_t search_candidates = 100000;
    std::size_t storage_queue = std::size_t{64} << 20U;
    std::size_t call_rows = 4096;
};

/// The whole configuration: it only aggregates what each part declares. A value.
struct Config {
    Server server;
    Operations operations;
    Cache cache;
    pipeline::DiscoverySettings discovery;
    delivery::Settings delivery;
    Limits limits;
    std::vector<partner::PartnerSettings> partners;
};

struct Reading {
    Config config;                      ///< meaningful only without problems
    std::vector<std::string> problems;  ///< all of them, a line each
};

/// Reads and checks a configuration file and the partner list it names. Blocks. Source: architecture 7.
Reading read_config(std::filesystem::path const& file, Environment const& environment);

/// Every key there is, with its default: what docs/configuration.md has to list.
std::vector<KnownKey> known_keys();

/// The process's own environment.
Environment process_environment();

}  // namespace tributary::config
