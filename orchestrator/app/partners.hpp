#pragma once
#include <memory>
#include <vector>

#include "fhir/base/failure.hpp"
#include "orchestrator/partner/partner.hpp"

namespace tributary::app {

/// A Partner for each setting, its Lane not yet started. Errors: tls, malformed, with the partner's id.
Result<std::vector<std::unique_ptr<partner::Partner>>> make_partners(
    partner::PartnerSurroundings const& surroundings, std::vector<partner::PartnerSettings> const& settings
);

}  // namespace tributary::app
