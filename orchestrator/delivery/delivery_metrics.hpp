#pragma once
#include "orchestrator/base/metrics.hpp"

namespace tributary::delivery {

/// The numbers of this part. Owner: Deliveries. Thread: the loop.
struct DeliveryMetrics {
    explicit DeliveryMetrics(Metrics& metrics);

    Metrics::Counter& hook_delivered;
    Metrics::Counter& hook_failed;
    Metrics::Counter& socket_delivered;
    Metrics::Gauge& in_flight;
    Metrics::Gauge& hanging_endpoints;
    Metrics::Gauge& workers;
    Metrics::Gauge& bound;
    Metrics::Histogram& hook_latency;
    Metrics::Histogram& socket_latency;
};

}  // namespace tributary::delivery
