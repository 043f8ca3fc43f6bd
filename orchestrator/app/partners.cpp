#include "orchestrator/app/partners.hpp"

#include "orchestrator/net/url.hpp"
#include "orchestrator/partner/fhir_community.hpp"
#include "orchestrator/partner/lane.hpp"

namespace tributary::app {

namespace {

std::unique_ptr<partner::Lane> make_lane(PartnerParts const& parts, partner::PartnerSettings const& settings) {
    partner::Lane::Settings lane;
    lane.partner = settings.id;
    lane.max_concurrent = settings.max_concurrent;
    lane.queue = settings.lane_queue;
    lane.attempts = settings.attempts;
    lane.breaker_failures = settings.breaker_failures;
    lane.breaker_pause = settings.breaker_pause;
    lane.requests_per_second = settings.requests_per_second;
    auto const logger = parts.logger.child("partner", settings.id);
    return std::make_unique<partner::Lane>(parts.ex, parts.clock, parts.process_permits, std::move(lane), logger, parts.metrics);
}

Result<std::unique_ptr<partner::Partner>> make_partner(PartnerParts const& parts, partner::PartnerSettings const& settings) {
    auto const base = net::parse_url(settings.fhir);
    if (!base) return base.error();
    net::TlsContextPtr context;
    if (base->secure()) {
        auto made = parts.tls.client(settings.tls);
        if (!made) return Failure(made.error().code(), "partner " + settings.id + ": " + made.error().detail());
        context = std::move(*made);
    }
    auto community = std::make_unique<partner::FhirCommunity>(parts.clock, parts.client, parts.worker, settings, *base, std::move(context));
    return std::make_unique<partner::Partner>(settings, std::move(community), make_lane(parts, settings));
}

}  // namespace

Result<std::vector<std::unique_ptr<partner::Partner>>> make_partners(
    PartnerParts const& parts, std::vector<partner::PartnerSettings> const& settings
) {
    std::vector<std::unique_ptr<partner::Partner>> partners;
    for (auto const& one : settings) {
        auto made = make_partner(parts, one);
        if (!made) return made.error();
        partners.push_back(std::move(*made));
    }
    return partners;
}

}  // namespace tributary::app
