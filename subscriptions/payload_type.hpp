#pragma once
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary::subscriptions {

/// Checks channel.payload: application/fhir+json or application/json, with charset=utf-8 and fhirVersion=4.0 at most, any case, spaces around ';'.
/// What passes is safe as a Content-Type as it stands. Errors: value (no MIME type), not_supported. Source: subscriptions B6.
Result<void> check_payload_type(std::string_view payload);

}  // namespace tributary::subscriptions
