#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/delivery/deliveries.hpp"
#include "orchestrator/net/address_policy.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "orchestrator/pipeline/retrievals.hpp"
#include "orchestrator/storage/storage.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::api {

struct Settings {
    std::string base;           ///< as apps see it, without trailing slash
    std::string websocket_url;  ///< as apps see it
    std::string canonical_base;
    std::string version;                               ///< of the program
    std::vector<std::string> allowed_origins;          ///< CORS
    bool json_dialect = true;                          ///< the same below [base]/R4
    std::map<std::string, std::string> partner_names;  ///< by id: who failed is told by name
    pipeline::Retrieve retrieve = pipeline::Retrieve::eager;
    net::AddressPolicy endpoint_policy;
    std::size_t page = 50, page_most = 500;                ///< entries of a search page
    std::size_t events_page = 1000;                        ///< Events of one $events answer
    std::chrono::milliseconds retrieve_deadline{125'000};  ///< of an on-demand Binary
};

/// What the handlers work with. Owned by app; outlives them. Thread: the loop.
struct Context {
    async::Clock& clock;
    async::Worker& worker;
    net::HttpClient& client;
    storage::Storage& storage;
    delivery::Deliveries& deliveries;
    pipeline::Discoveries& discoveries;
    pipeline::Retrievals& retrievals;
    subscriptions::Rules rules;
    Settings settings;
    Logger logger;
};

}  // namespace tributary::api
