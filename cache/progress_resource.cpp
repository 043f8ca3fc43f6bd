#include "cache/progress_resource.hpp"

#include "cache/codes.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::cache {

namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

Value part(std::string_view url, std::string_view type, Value value) {
    return object({{"url", Value(url)}, {std::string(type), std::move(value)}});
}

Value partner_part(PartnerProgress const& partner) {
    std::vector<Value> parts;
    parts.push_back(part("id", "valueString", Value(partner.partner)));
    parts.push_back(part("state", "valueCode", Value(wire(partner.state))));
    parts.push_back(part("matches", "valueUnsignedInt", partner.matches));
    if (!partner.issue.empty()) parts.push_back(part("issue", "valueCode", Value(partner.issue)));
    return object({{"url", "partner"}, {"extension", array(std::move(parts))}});
}

}  // namespace

Value progress_extension(
    Progress const& progress, std::span<PartnerProgress const> partners, std::string_view canonical_base
) {
    std::vector<Value> parts;
    parts.push_back(part("state", "valueCode", Value(wire(progress.state))));
    parts.push_back(part("asked", "valueUnsignedInt", progress.asked));
    parts.push_back(part("answered", "valueUnsignedInt", progress.answered));
    parts.push_back(part("matched", "valueUnsignedInt", progress.matched));
    parts.push_back(part("failed", "valueUnsignedInt", progress.failed));
    parts.push_back(part("pending", "valueUnsignedInt", progress.pending));
    for (auto const& partner : partners) parts.push_back(partner_part(partner));
    std::string const url = std::string(canonical_base) + "/StructureDefinition/discovery-progress";
    return object({{"url", url}, {"extension", array(std::move(parts))}});
}

std::string progress_resource(
    ProgressVersion const& version,
    Progress const& progress,
    std::span<PartnerProgress const> partners,
    std::string_view canonical_base
) {
    auto const coding = object(
        {{"system", std::string(canonical_base) + "/CodeSystem/basic-kind"}, {"code", "discovery-progress"}}
    );
    auto const meta = object(
        {{"versionId", std::to_string(version.version)},
         {"lastUpdated", fhir::search::format_instant(version.at)}}
    );
    return fhir::json::write(object(
        {{"resourceType", "Basic"},
         {"id", version.id},
         {"meta", meta},
         {"extension", array({progress_extension(progress, partners, canonical_base)})},
         {"code", object({{"coding", array({coding})}})},
         {"subject", object({{"reference", "Subscription/" + version.subscription}})}}
    ));
}

}  // namespace tributary::cache
