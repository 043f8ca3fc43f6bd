#pragma once
#include <span>
#include <string>
#include <string_view>

#include "cache/records.hpp"
#include "fhir/json/value.hpp"

namespace tributary::cache {

/// How far a Discovery has come, as searches and progress notifications show it: the counts, and a part `partner` for each of these.
/// Source: architecture 7, discovery-progress.
fhir::json::Value progress_extension(
    Progress const& progress, std::span<PartnerProgress const> partners, std::string_view canonical_base
);

/// One version of the Basic that is the focus of progress notifications, outward JSON.
struct ProgressVersion {
    std::string id;
    std::uint64_t version = 1;
    std::string subscription;  ///< id of the one that is told
    Utc at;
};
std::string progress_resource(
    ProgressVersion const& version,
    Progress const& progress,
    std::span<PartnerProgress const> partners,
    std::string_view canonical_base
);

}  // namespace tributary::cache
