#pragma once
#include <chrono>
#include <cstddef>
#include <string>

#include "cache/records.hpp"
#include "orchestrator/net/address_policy.hpp"
#include "subscriptions/delivery_decision.hpp"

namespace tributary::delivery {

enum class ClassicPayloadMethod { put_below, post };

/// [delivery] of the configuration.
struct Settings {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::chrono::milliseconds handshake_delay{0};
    subscriptions::DeliveryRules rules;
    std::size_t max_in_flight = 256;
    std::size_t max_per_origin = 64;
    unsigned breaker_failures = 2;  ///< attempts at an endpoint that time out in a row; 0: never
    std::chrono::milliseconds breaker_pause = std::chrono::seconds(5);  ///< doubling, to a minute
    ClassicPayloadMethod classic_payload_method = ClassicPayloadMethod::put_below;
    net::AddressPolicy policy;
    std::string tls_ca;
    std::string webhook_key;  ///< signs requests (Standard Webhooks); "" unsigned
    std::chrono::milliseconds binding_token_life = std::chrono::minutes(30);
    bool deactivation_notice = false;                                      ///< to every topic Subscription
    std::size_t events_page = 1000;                                        ///< Events of one $events answer
    bool json_dialect = true;                                              ///< [server]
    std::chrono::milliseconds dialect_unbound = std::chrono::minutes(15);  ///< [server]
    std::size_t websocket_send_buffer = std::size_t{1} << 20U;             ///< [limits]
    std::string base;                                                      ///< our FHIR base, as apps see it
    std::string websocket_url;                                             ///< as apps see it
};

struct BindingToken {
    std::string token;
    cache::Utc expiration;
};

}  // namespace tributary::delivery
