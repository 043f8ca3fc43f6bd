#include "subscriptions/notification.hpp"

#include <set>
#include <utility>

#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::object;
using fhir::json::Value;
using TimePoint = std::chrono::system_clock::time_point;

constexpr char kBundleProfile[] =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4";
constexpr char kStatusProfile[] =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4";

Value list_of(Value item) { return fhir::json::array({std::move(item)}); }

std::string_view wire(NotificationType type) {
    switch (type) {
        case NotificationType::handshake:
            return "handshake";
        case NotificationType::heartbeat:
            return "heartbeat";
        case NotificationType::event_notification:
            return "event-notification";
        case NotificationType::query_status:
            return "query-status";
        case NotificationType::query_event:
            return "query-event";
    }
    return {};
}

std::string subscription_url(StatusHeader const& header) {
    return header.base + "/Subscription/" + header.subscription_id;
}

/// Of the codes only error-response leaves something to say: with which HTTP status (subscriptions C3).
Value error_parameter(StatusHeader const& header) {
    auto coding = object(
        {{"system", "http://terminology.hl7.org/CodeSystem/subscription-error"}, {"code", header.error_code}}
    );
    auto error = object({{"coding", list_of(std::move(coding))}});
    if (header.error_code == "error-response" && !header.error_text.empty())
        error.set("text", header.error_text);
    return object({{"name", "error"}, {"valueCodeableConcept", std::move(error)}});
}

/// The notificationShape of the topics includes the subject (F7).
bool has_context(StatusHeader const& header, EventContent const& event) {
    return header.content == Content::full_resource && event.kind != EventKind::remove &&
           !event.patient_id.empty();
}

/// One notification-event. Its parts by content level: subscriptions B7.
Value event_parameter(StatusHeader const& header, EventContent const& event) {
    Value parts = list_of(object({{"name", "event-number"}, {"valueString", std::to_string(event.number)}}));
    parts.push(object({{"name", "timestamp"}, {"valueInstant", fhir::search::format_instant(event.at)}}));
    bool const names_focus = header.content == Content::id_only || header.content == Content::full_resource;
    if (names_focus && !event.focus_id.empty()) {
        auto reference = object({{"reference", header.base + "/" + event.focus_type + "/" + event.focus_id}});
        parts.push(object({{"name", "focus"}, {"valueReference", std::move(reference)}}));
    }
    if (has_context(header, event)) {
        auto reference = object({{"reference", header.base + "/Patient/" + event.patient_id}});
        parts.push(object({{"name", "additional-context"}, {"valueReference", std::move(reference)}}));
    }
    return object({{"name", "notification-event"}, {"part", std::move(parts)}});
}

Value make_parameters(
    StatusHeader const& header,
    NotificationType type,
    std::string_view id,
    std::span<EventContent const> events = {}
) {
    Value list = list_of(object(
        {{"name", "subscription"}, {"valueReference", object({{"reference", subscription_url(header)}})}}
    ));
    // $status is asked for and has no content level; what is sent at level empty should not have it (B7).
    bool const hides_topic = type != NotificationType::query_status && header.content == Content::empty;
    if (!header.topic.empty() && !hides_topic)
        list.push(object({{"name", "topic"}, {"valueCanonical", header.topic}}));
    list.push(object({{"name", "status"}, {"valueCode", subscriptions::wire(header.status)}}));
    list.push(object({{"name", "type"}, {"valueCode", wire(type)}}));
    list.push(object(
        {{"name", "events-since-subscription-start"},
         {"valueString", std::to_string(header.events_since_start)}}
    ));
    for (auto const& event : events) list.push(event_parameter(header, event));
    if (!header.error_code.empty()) list.push(error_parameter(header));
    return object(
        {{"resourceType", "Parameters"},
         {"id", id},
         {"meta", object({{"profile", list_of(kStatusProfile)}})},
         {"parameter", std::move(list)}}
    );
}

Value exchange(Value& entry, std::string_view method, std::string url, std::string_view status) {
    entry.set("request", object({{"method", method}, {"url", std::move(url)}}));
    entry.set("response", object({{"status", status}}));
    return std::move(entry);
}

Value status_entry(StatusHeader const& header, Value parameters, std::string const& id) {
    auto entry = object({{"fullUrl", "urn:uuid:" + id}, {"resource", std::move(parameters)}});
    return exchange(entry, "GET", subscription_url(header) + "/$status", "200");
}

Value focus_entry(StatusHeader const& header, EventContent const& event) {
    auto const relative = event.focus_type + "/" + event.focus_id;
    auto entry = object({{"fullUrl", header.base + "/" + relative}});
    if (event.kind == EventKind::remove) return exchange(entry, "DELETE", relative, "204");
    entry.set("resource", fhir::json::Raw{event.resource});
    return exchange(entry, "PUT", relative, event.kind == EventKind::create ? "201" : "200");
}

Value context_entry(StatusHeader const& header, EventContent const& event) {
    auto const relative = "Patient/" + event.patient_id;
    auto entry = object({{"fullUrl", header.base + "/" + relative}});
    entry.set("resource", fhir::json::Raw{event.patient});
    return exchange(entry, "GET", relative, "200");
}

std::string bundle(NotificationIds const& ids, TimePoint at, Value entries) {
    return fhir::json::write(object(
        {{"resourceType", "Bundle"},
         {"id", ids.bundle},
         {"meta", object({{"profile", list_of(kBundleProfile)}})},
         {"type", "history"},
         {"timestamp", fhir::search::format_instant(at)},
         {"entry", std::move(entries)}}
    ));
}

/// A Bundle that says how the Subscription stands, and nothing else.
std::string status_bundle(
    StatusHeader const& header, NotificationType type, NotificationIds const& ids, TimePoint at
) {
    auto parameters = make_parameters(header, type, ids.parameters);
    return bundle(ids, at, list_of(status_entry(header, std::move(parameters), ids.parameters)));
}

}  // namespace

std::string handshake_bundle(StatusHeader const& header, NotificationIds const& ids, TimePoint at) {
    return status_bundle(header, NotificationType::handshake, ids, at);
}

std::string heartbeat_bundle(StatusHeader const& header, NotificationIds const& ids, TimePoint at) {
    return status_bundle(header, NotificationType::heartbeat, ids, at);
}

std::string event_bundle(StatusHeader const& header, EventContent const& event, NotificationIds const& ids) {
    StatusHeader told = header;
    told.events_since_start = event.number;
    auto parameters =
        make_parameters(told, NotificationType::event_notification, ids.parameters, std::span(&event, 1));
    Value entries = list_of(status_entry(told, std::move(parameters), ids.parameters));
    if (header.content == Content::full_resource) entries.push(focus_entry(told, event));
    if (has_context(header, event)) entries.push(context_entry(told, event));
    return bundle(ids, event.at, std::move(entries));
}

std::string query_event_bundle(
    StatusHeader const& header, std::span<EventContent const> events, NotificationIds const& ids, TimePoint at
) {
    auto parameters = make_parameters(header, NotificationType::query_event, ids.parameters, events);
    Value entries = list_of(status_entry(header, std::move(parameters), ids.parameters));
    if (header.content == Content::full_resource) {
        std::set<std::pair<std::string_view, std::string_view>> patients;  // each as he was, once
        for (auto const& event : events) {
            entries.push(focus_entry(header, event));
            bool const fresh =
                has_context(header, event) && patients.emplace(event.patient_id, event.patient).second;
            if (fresh) entries.push(context_entry(header, event));
        }
    }
    return bundle(ids, at, std::move(entries));
}

std::string deactivation_bundle(
    StatusHeader const& header, TimePoint last_event, NotificationIds const& ids, TimePoint at
) {
    EventContent last;
    last.number = header.events_since_start;
    last.at = last_event;
    std::span<EventContent const> const events(&last, last.number > 0 ? 1 : 0);
    auto parameters = make_parameters(header, NotificationType::event_notification, ids.parameters, events);
    return bundle(ids, at, list_of(status_entry(header, std::move(parameters), ids.parameters)));
}

Value status_parameters(StatusHeader const& header, NotificationType type, std::string_view id) {
    return make_parameters(header, type, id);
}

}  // namespace tributary::subscriptions
