#include "orchestrator/delivery/delivery_metrics.hpp"

#include <string>

namespace tributary::delivery {

namespace {

Metrics::Counter& deliveries(Metrics& metrics, std::string const& channel, std::string const& outcome) {
    return metrics.counter(
        "tributary_deliveries_total", "Attempts to notify", {{"channel", channel}, {"outcome", outcome}}
    );
}
Metrics::Histogram& latency(Metrics& metrics, std::string const& channel) {
    return metrics.histogram(
        "tributary_delivery_latency_seconds",
        "From the commit of an Event to its delivery",
        {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600},
        {{"channel", channel}}
    );
}

}  // namespace

DeliveryMetrics::DeliveryMetrics(Metrics& metrics)
    : hook_delivered(deliveries(metrics, "rest-hook", "delivered")),
      hook_failed(deliveries(metrics, "rest-hook", "failed")),
      socket_delivered(deliveries(metrics, "websocket", "delivered")),
      in_flight(metrics.gauge("tributary_deliveries_in_flight", "Requests to endpoints that are under way")),
      hanging_endpoints(metrics.gauge(
          "tributary_hanging_endpoints", "Endpoints whose attempts timed out lately: tried by one at a time"
      )),
      workers(
          metrics.gauge("tributary_delivery_workers", "Subscriptions that have something to send or to retry")
      ),
      bound(metrics.gauge("tributary_socket_bindings", "Subscriptions bound to a WebSocket")),
      hook_latency(latency(metrics, "rest-hook")),
      socket_latency(latency(metrics, "websocket")) {}

}  // namespace tributary::delivery
