#include "orchestrator/app/partners.hpp"

namespace tributary::app {

Result<std::vector<std::unique_ptr<partner::Partner>>> make_partners(
    partner::PartnerSurroundings const& surroundings, std::vector<partner::PartnerSettings> const& settings
) {
    std::vector<std::unique_ptr<partner::Partner>> partners;
    for (auto const& one : settings) {
        auto made = partner::make_partner(one, surroundings);
        if (!made) return Failure(made.error().code(), "partner " + one.id + ": " + made.error().detail());
        partners.push_back(std::move(*made));
    }
    return partners;
}

}  // namespace tributary::app
