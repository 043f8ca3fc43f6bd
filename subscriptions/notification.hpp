#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/value.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

enum class NotificationType { handshake, heartbeat, event_notification, query_status, query_event };
enum class EventKind { create, update, remove };

/// What every status Parameters says.
struct StatusHeader {
    std::string base;  ///< ours, as apps see it
    std::string subscription_id;
    std::string topic;  ///< "" for classic ($status only)
    Content content = Content::empty;
    Status status = Status::active;
    std::int64_t events_since_start = 0;
    std::string
        error_code;  ///< of subscription-error: no-response, error-response, dns-resolution-error; "" none
};
struct EventContent {
    std::int64_t number = 0;
    EventKind kind = EventKind::create;
    std::chrono::system_clock::time_point at;
    std::string focus_type = "DocumentReference", focus_id;
    std::string resource;  ///< outward JSON text, already absolute; only looked at for full_resource
    std::string patient_id,
        patient;  ///< whom it is about, the same; context of a full_resource, "" not known
};

/// Deterministic UUIDs for Bundle.id and Parameters.id come in from outside (they need SHA-256). Source: B8, B9; bdl-3, bdl-4.
struct NotificationIds {
    std::string bundle, parameters;
};
std::string handshake_bundle(
    StatusHeader const& header, NotificationIds const& ids, std::chrono::system_clock::time_point at
);
/// One event, one Bundle; Bundle.timestamp is the event's, so that a repeat has the same bytes. events-since-subscription-start is its number.
std::string event_bundle(StatusHeader const& header, EventContent const& event, NotificationIds const& ids);
/// Parameters of type query-status, for $status.
fhir::json::Value status_parameters(StatusHeader const& header, NotificationType type, std::string_view id);

}  // namespace tributary::subscriptions
