#pragma once
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/partner/partner.hpp"

namespace tributary::app {

/// What partners are made from; everything outlives them.
struct PartnerParts {
    boost::asio::any_io_executor ex;
    async::Clock& clock;
    async::Worker& worker;
    net::HttpClient& client;
    net::TlsContexts& tls;
    async::Semaphore& process_permits;
    Logger logger;
    Metrics& metrics;
};

/// A Partner for each setting, its Lane not yet started. Errors: tls, with the partner's id.
Result<std::vector<std::unique_ptr<partner::Partner>>> make_partners(PartnerParts const& parts, std::vector<partner::PartnerSettings> const& settings);

}  // namespace tributary::app
