#include "orchestrator/pipeline/page_preparation.hpp"

#include <utility>

#include "fhir/identity/body_header.hpp"
#include "fhir/resources/outward.hpp"
#include "orchestrator/pipeline/document_check.hpp"
#include "orchestrator/pipeline/ids.hpp"

namespace tributary::pipeline {

namespace {

fhir::json::Value* attachment_of(fhir::DocumentReference& document, std::size_t content) {
    auto* contents = document.resource.find("content");
    auto* items = contents == nullptr ? nullptr : contents->get<fhir::json::Value::Array>();
    return items == nullptr || content >= items->size() ? nullptr : (*items)[content].find("attachment");
}

void take_inline_data(cache::NewEntry& entry, std::size_t content, std::size_t limit, PreparedPage& page) {
    auto* attachment = attachment_of(entry.document, content);
    if (attachment == nullptr || attachment->text("data").empty()) return;
    bool const fits = attachment->text("data").size() / 4 * 3 <= limit + 3;
    auto bytes = fits ? from_base64(attachment->text("data")) : std::nullopt;
    attachment->erase("data");
    if (!bytes || bytes->empty() || bytes->size() > limit) {
        page.partial = true;
        return;
    }
    auto const own = sha256(*bytes);
    auto header = fhir::identity::read_body_header(*bytes);
    cache::InlineBody body;
    body.hash_mismatch = contradicts_digest(entry.document.contents[content].attachment.hash, *bytes, own);
    if (body.hash_mismatch &&
        !bears(header.identity.document_id, fhir::identity::unique_id(entry.document))) {
        ++page.quarantined;
        return;
    }
    body.content = content;
    body.identity = std::move(header.identity);
    body.identity.sha256 = hex(own);
    body.size = bytes->size();
    body.media_type = std::move(header.media_type);
    body.subject = std::move(header.subject);
    page.bodies.push_back({body.identity.sha256, std::make_shared<std::string const>(std::move(*bytes))});
    entry.inline_bodies.push_back(std::move(body));
}

}  // namespace

PreparedPage prepare(
    std::string const& scope,
    std::string const& partner,
    std::string_view base,
    std::vector<fhir::DocumentReference> documents,
    std::size_t document_limit
) {
    PreparedPage page;
    page.entries.reserve(documents.size());
    for (auto& document : documents) {
        cache::NewEntry entry;
        entry.id = document_id(scope, partner, document.id);
        for (std::size_t i = 0; i < document.contents.size(); ++i)
            entry.binary_ids.push_back(binary_id(scope, partner, document.id, i));
        entry.document = std::move(document);
        fhir::drop_partner_uris(entry.document.resource, base);
        for (std::size_t i = 0; i < entry.document.contents.size(); ++i) {
            if (entry.document.contents[i].attachment.has_data)
                take_inline_data(entry, i, document_limit, page);
        }
        page.entries.push_back(std::move(entry));
    }
    return page;
}

}  // namespace tributary::pipeline
