#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/value.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"

namespace tributary::fhir {

/// What makes a partner's resource ours. Times are FHIR instants. Source: architecture 8.
struct OutwardMeta {
    std::string id, version_id, last_updated, source;
    std::vector<Coding> tags = {};
    std::vector<std::string> related = {
    };  ///< ids of the Documents of ours that relatesTo[i] points at, "" none
};

/// Our form of a partner's DocumentReference: our id and meta (security labels and tags of the partner stay, profiles go), subject = Patient/{patient_id},
/// content[i].attachment.url = Binary/{binary_ids[i]} (relative, see absolute()) in place of url or data, references to what we do not serve
/// lose `reference` and keep type, identifier, display; contained resources and references to them stay. No other attachment keeps its url, no extension
/// a valueUrl of the web; implicitRules go.
json::Value outward_document_reference(
    DocumentReference const& document,
    OutwardMeta const& meta,
    std::string_view patient_id,
    std::vector<std::string> const& binary_ids
);
/// The same for a Patient; links are dropped.
json::Value outward_patient(Patient const& patient, OutwardMeta const& meta);

/// Takes out of a partner's resource, at any depth, each valueUri with the origin of `base`. Any other may be a name, and stays.
void drop_partner_uris(json::Value& resource, std::string_view base);

/// The identifier is a URL of the web, such as a server gives to what has no other name.
bool is_server_url(Identifier const& identifier);

/// A stored outward resource with its Binary URLs made absolute on `base`, e.g. "https://docs.example.org/fhir".
std::string absolute(std::string_view resource, std::string_view base);

}  // namespace tributary::fhir
