#pragma once
#include "fhir/json/value.hpp"
#include "subscriptions/topics.hpp"

namespace tributary::subscriptions {

/// The topic as R4 shows it: a Basic with R5's elements as extensions. Source: subscriptions B3, document-sharing C.2.
fhir::json::Value basic_topic(Topic const& topic);

}  // namespace tributary::subscriptions
