#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/delivery/deliveries.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::operations {

using boost::asio::awaitable;

/// The operations listener: /healthz, /readyz, /metrics, /partners, /discoveries; POST /subscriptions/{id}/resend. Never patient data. Owner: app. Thread: the loop.
class Operations {
public:
    Operations(
        async::Clock& clock,
        async::Worker& worker,
        storage::Storage& storage,
        std::vector<std::unique_ptr<partner::Partner>> const& partners,
        delivery::Deliveries& deliveries,
        Metrics& metrics
    );

    awaitable<net::ServerResponse> handle(net::ServerRequest request);
    /// /readyz answers 200 from now on, 503 before and while draining.
    void set_ready(bool ready) { ready_ = ready; }

private:
    net::ServerResponse partners_page() const;
    awaitable<net::ServerResponse> discoveries_page();
    awaitable<net::ServerResponse> metrics_page();
    awaitable<net::ServerResponse> resend(std::string subscription, std::string query);

    async::Clock& clock_;
    async::Worker& worker_;
    storage::Storage& storage_;
    std::vector<std::unique_ptr<partner::Partner>> const& partners_;
    delivery::Deliveries& deliveries_;
    Metrics& metrics_;
    bool ready_ = false;
};

}  // namespace tributary::operations
