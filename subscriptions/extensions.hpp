#pragma once
#include <string>
#include <string_view>

#include "fhir/json/value.hpp"

namespace tributary::subscriptions {

/// URLs of the backport guide. Source: subscriptions B2.
inline constexpr std::string_view kFilterCriteria =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria";
inline constexpr std::string_view kPayloadContent =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";
inline constexpr std::string_view kHeartbeatPeriod =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";
inline constexpr std::string_view kTimeout =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout";
inline constexpr std::string_view kMaxCount =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count";
inline constexpr std::string_view kChannelType =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-channel-type";

/// Of ours, below the canonical base: asks for progress notifications. Source: architecture 7.
inline constexpr std::string_view kNotifyProgress = "/StructureDefinition/notify-progress";

/// The extensions of an element, or of a primitive by its `_`-sibling; empty where there are none.
inline fhir::json::Value::Array const& extensions(fhir::json::Value const* element) {
    static fhir::json::Value::Array const kNone;
    return element == nullptr ? kNone : element->items("extension");
}

}  // namespace tributary::subscriptions
