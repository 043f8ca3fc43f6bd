#pragma once
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::operations {

using boost::asio::awaitable;

/// The operations listener: /healthz, /readyz, /metrics, /partners, /discoveries. Never patient data. Owner: app. Thread: the loop.
class Operations {
public:
    Operations(
        storage::Storage& storage,
        std::vector<std::unique_ptr<partner::Partner>> const& partners,
        Metrics& metrics
    );

    awaitable<net::ServerResponse> handle(net::ServerRequest request);
    /// /readyz answers 200 from now on, 503 before and while draining.
    void set_ready(bool ready) { ready_ = ready; }

private:
    net::ServerResponse partners_page() const;
    awaitable<net::ServerResponse> discoveries_page();
    awaitable<net::ServerResponse> metrics_page();

    storage::Storage& storage_;
    std::vector<std::unique_ptr<partner::Partner>> const& partners_;
    Metrics& metrics_;
    bool ready_ = false;
};

}  // namespace tributary::operations
