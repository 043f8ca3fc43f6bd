#pragma once
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"

namespace tributary::subscriptions {

/// What no Subscription of R4 may hold, whether or not it means anything here: it would be stored, and served to others. Elements that R4 does not know, or
/// has with another type; extensions without url or with more than one value; implicit rules. Elements that are read are checked where that is done.
/// Adds to `problems`. Pure. Source: FHIR R4 Subscription and Extension; subscriptions A8.
void check_elements(fhir::json::Value const& resource, std::vector<Failure>& problems);

}  // namespace tributary::subscriptions
