#include "orchestrator/delivery/event_text.hpp"

#include "fhir/resources/outward.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::delivery {

namespace {

subscriptions::NotificationIds ids_of(std::string const& subscription, std::string const& what) {
    return {derived_uuid({"Bundle", subscription, what}), derived_uuid({"Parameters", subscription, what})};
}

}  // namespace

subscriptions::StatusHeader status_header(
    std::string const& base, std::string const& subscription, subscriptions::Plan const& plan
) {
    subscriptions::StatusHeader header;
    header.base = base;
    header.subscription_id = subscription;
    header.topic = plan.topic;
    header.content = plan.content;
    return header;
}

subscriptions::EventContent event_content(
    subscriptions::StatusHeader const& header, cache::EventRecord const& event
) {
    subscriptions::EventContent content;
    content.number = event.number;
    content.kind = event.kind;
    content.at = event.at;
    content.focus_type = event.focus_type;
    content.focus_id = event.focus_id;
    if (header.content == subscriptions::Content::full_resource) {
        content.resource = fhir::absolute(event.resource, header.base);
        if (!header.topic.empty()) {  // what a topic's shape includes; criteria have none
            content.patient_id = event.patient_id;
            content.patient = fhir::absolute(event.patient, header.base);
        }
    }
    return content;
}

std::string event_text(subscriptions::StatusHeader header, cache::EventRecord const& event) {
    header.status = subscriptions::Status::active;
    return subscriptions::event_bundle(
        header, event_content(header, event), ids_of(header.subscription_id, std::to_string(event.number))
    );
}

std::string handshake_text(subscriptions::StatusHeader header, cache::SubscriptionRecord const& record) {
    header.status = record.status;
    header.events_since_start = record.events;
    auto const ids = ids_of(record.id, "handshake-" + std::to_string(record.version));
    return subscriptions::handshake_bundle(header, ids, record.last_updated);
}

std::string heartbeat_text(
    subscriptions::StatusHeader header, cache::SubscriptionRecord const& record, cache::Utc now
) {
    header.status = record.status;
    header.events_since_start = record.events;
    header.error_code = record.error_code;
    header.error_text = record.error_text;
    subscriptions::NotificationIds const ids{random_uuid(), random_uuid()};
    return subscriptions::heartbeat_bundle(header, ids, now);
}

std::string deactivation_text(
    subscriptions::StatusHeader header, cache::SubscriptionRecord const& record, cache::Utc last_event
) {
    header.status = record.status;
    header.events_since_start = record.events;
    auto const ids = ids_of(record.id, "off-" + std::to_string(record.version));
    return subscriptions::deactivation_bundle(header, last_event, ids, record.last_updated);
}

}  // namespace tributary::delivery
