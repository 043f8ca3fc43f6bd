#pragma once
#include <string>

#include "cache/records.hpp"
#include "subscriptions/notification.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

/// What every notification of this Subscription says about it. `base`: our FHIR base, as apps see it.
subscriptions::StatusHeader status_header(
    std::string const& base, std::string const& subscription, subscriptions::Plan const& plan
);

/// What a notification tells of an Event, at the level of `header`.
subscriptions::EventContent event_content(
    subscriptions::StatusHeader const& header, cache::EventRecord const& event
);

/// The notification Bundle of one Event. The same bytes at every repeat, after a restart too: ids derive from (Subscription, number), the time is the
/// Event's, the status active.
std::string event_text(subscriptions::StatusHeader header, cache::EventRecord const& event);

/// A handshake for that Subscription as it stands. The same bytes for the same version of it.
std::string handshake_text(subscriptions::StatusHeader header, cache::SubscriptionRecord const& record);

/// A heartbeat for that Subscription as it stands.
std::string heartbeat_text(
    subscriptions::StatusHeader header, cache::SubscriptionRecord const& record, cache::Utc now
);

/// Its last notification. `last_event`: when the Event with its highest number happened. The same bytes at every repeat.
std::string deactivation_text(
    subscriptions::StatusHeader header, cache::SubscriptionRecord const& record, cache::Utc last_event
);

}  // namespace tributary::delivery
