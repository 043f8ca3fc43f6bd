#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/resources/elements.hpp"

namespace tributary::fhir {

struct Attachment {
    std::string content_type, language, url, title, creation;
    std::string hash;  ///< as written; identity::read_digest() understands it
    std::optional<std::uint64_t> size;
    bool has_data =
        false;  ///< inline `data`, base64, in the resource at DocumentReference.content[i].attachment.data
};
struct DocumentContent {
    Attachment attachment;
    Coding format;
};
struct RelatesTo {
    std::string code;  ///< replaces, transforms, signs, appends
    Reference target;
};

/// A DocumentReference in the parts that matching, identity and retrieval read, with the whole resource beside them. A value.
struct DocumentReference {
    std::string id;
    Meta meta;
    std::optional<Identifier> master_identifier;
    std::vector<Identifier> identifiers;
    std::string status, doc_status;
    std::vector<Coding> type, category, security_labels;
    Reference subject;
    std::string date;
    std::vector<Reference> authors;
    std::vector<RelatesTo> relates_to;
    std::vector<DocumentContent> contents;
    std::vector<Coding> facility_type, practice_setting, events;
    Period period;
    std::string home_community_id;  ///< MHD extension, urn:oid:…
    json::Value resource;
};

/// Lenient. Errors: malformed when it is no DocumentReference at all.
/// Its bytes came along, or an address of the web leads to them.
bool is_retrievable(Attachment const& attachment);
Result<DocumentReference> read_document_reference(json::Value resource);

}  // namespace tributary::fhir
