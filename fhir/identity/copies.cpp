#include "fhir/identity/copies.hpp"

#include <algorithm>
#include <string_view>

#include "fhir/identity/document_identity.hpp"

namespace tributary::fhir::identity {

namespace {

constexpr std::string_view kConfidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
constexpr std::string_view kConfidentialityOid = "urn:oid:2.16.840.1.113883.5.25";
/// From the most open to the strictest.
constexpr std::string_view kConfidentialityCodes = "ULMNRV";

/// Of a securityLabel: its place in kConfidentialityCodes, -1 where it is of another kind.
int confidentiality(json::Value const& label) {
    int rank = -1;
    for (auto const& coding : label.items("coding")) {
        auto const system = coding.text("system");
        auto const code = coding.text("code");
        if ((system != kConfidentiality && system != kConfidentialityOid) || code.size() != 1) continue;
        auto const place = kConfidentialityCodes.find(code);
        if (place != std::string_view::npos) rank = std::max(rank, static_cast<int>(place));
    }
    return rank;
}

bool is_minimal(DocumentReference const& document) {
    return !unique_id(document).empty() && !document.contents.empty() &&
           std::all_of(
               document.contents.begin(),
               document.contents.end(),
               [](DocumentContent const& content) {
                   auto const& attachment = content.attachment;
                   return !attachment.content_type.empty() &&
                          (!attachment.url.empty() || attachment.has_data);
               }
           );
}

bool is_comprehensive(DocumentReference const& document) {
    bool const contents =
        std::all_of(document.contents.begin(), document.contents.end(), [](DocumentContent const& content) {
            auto const& attachment = content.attachment;
            return !content.format.code.empty() && !attachment.language.empty() &&
                   !attachment.creation.empty();
        });
    return is_minimal(document) && contents && !document.type.empty() && !document.category.empty() &&
           !document.security_labels.empty() && !document.facility_type.empty() &&
           !document.practice_setting.empty();
}

}  // namespace

int richness(DocumentReference const& document) {
    if (is_comprehensive(document)) return 2;
    return is_minimal(document) ? 1 : 0;
}

json::Value::Array strictest_labels(std::vector<DocumentReference const*> const& copies) {
    json::Value::Array labels;
    json::Value const* strictest = nullptr;
    for (auto const* const copy : copies) {
        for (auto const& label : copy->resource.items("securityLabel")) {
            auto const rank = confidentiality(label);
            if (rank < 0) {
                if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
            } else if (strictest == nullptr || rank > confidentiality(*strictest)) {
                strictest = &label;
            }
        }
    }
    if (strictest != nullptr) labels.insert(labels.begin(), *strictest);
    return labels;
}

}  // namespace tributary::fhir::identity
