#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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
    std::string error_text;  ///< as in Subscription.error
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

/// Deterministic UUIDs for Bundle.id and Parameters.id come in from outside (they need SHA-256). Source: subscriptions B8, B9; bdl-3, bdl-4.
struct NotificationIds {
    std::string bundle, parameters;
};
std::string handshake_bundle(
    StatusHeader const& header, NotificationIds const& ids, std::chrono::system_clock::time_point at
);
/// One event, one Bundle; Bundle.timestamp is the event's, so that a repeat has the same bytes. events-since-subscription-start is its number.
std::string event_bundle(StatusHeader const& header, EventContent const& event, NotificationIds const& ids);
/// The channel was silent for the agreed time: the Subscription as it stands, with its live counter. Source: subscriptions B18.
std::string heartbeat_bundle(
    StatusHeader const& header, NotificationIds const& ids, std::chrono::system_clock::time_point at
);
/// The answer to $events: these Events at header.content, the rest of the header as it stands. Source: subscriptions B13.
std::string query_event_bundle(
    StatusHeader const& header,
    std::span<EventContent const> events,
    NotificationIds const& ids,
    std::chrono::system_clock::time_point at
);
/// The last notification of a Subscription that is off: its last number and when that was, no focus; no Event where there was none. Source: subscriptions C4, E5.
std::string deactivation_bundle(
    StatusHeader const& header,
    std::chrono::system_clock::time_point last_event,
    NotificationIds const& ids,
    std::chrono::system_clock::time_point at
);
/// Parameters of type query-status, for $status.
fhir::json::Value status_parameters(StatusHeader const& header, NotificationType type, std::string_view id);

}  // namespace tributary::subscriptions
