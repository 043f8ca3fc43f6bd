#include "orchestrator/partner/partner.hpp"

#include "orchestrator/partner/fhir_community.hpp"

namespace tributary::partner {

Partner::Partner(PartnerSettings settings, std::unique_ptr<Community> community, std::unique_ptr<Lane> lane)
    : settings_(std::move(settings)), community_(std::move(community)), lane_(std::move(lane)) {}

Lane::Settings lane_settings(PartnerSettings const& settings) {
    Lane::Settings lane;
    lane.partner = settings.id;
    lane.max_concurrent = settings.max_concurrent;
    lane.queue = settings.lane_queue;
    lane.attempts = settings.attempts;
    lane.retry_share = settings.retry_share;
    lane.breaker_failures = settings.breaker_failures;
    lane.breaker_pause = settings.breaker_pause;
    lane.requests_per_second = settings.requests_per_second;
    return lane;
}

Result<std::unique_ptr<Partner>> make_partner(
    PartnerSettings settings, PartnerSurroundings const& surroundings
) {
    auto base = net::parse_url(settings.fhir);
    if (!base) return base.error();
    auto tls = surroundings.tls.client(settings.tls);
    if (!tls) return tls.error();
    auto lane = std::make_unique<Lane>(
        surroundings.ex,
        surroundings.clock,
        surroundings.process_permits,
        lane_settings(settings),
        surroundings.logger.child("partner", settings.id),
        surroundings.metrics
    );
    auto community = std::make_unique<FhirCommunity>(
        surroundings.clock,
        surroundings.client,
        surroundings.worker,
        surroundings.metrics,
        settings,
        std::move(*base),
        *tls,
        lane->turns()
    );
    return std::make_unique<Partner>(std::move(settings), std::move(community), std::move(lane));
}

}  // namespace tributary::partner
