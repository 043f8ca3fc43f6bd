#include "orchestrator/pipeline/page_preparation.hpp"

#include <algorithm>
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
    auto& read = entry.document.contents[content].attachment;
    read.has_data = false;  // until it is kept
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
    auto const found = contradiction(read.hash, read.size, *bytes, own);
    if (found == Contradiction::digest &&
        !bears(header.identity.document_id, fhir::identity::unique_id(entry.document))) {
        ++page.quarantined;
        return;
    }
    body.hash_mismatch = found == Contradiction::digest || found == Contradiction::size;
    if (found == Contradiction::size || found == Contradiction::wrong_size) ++page.wrong_sizes;
    read.has_data = true;
    body.content = content;
    body.identity = std::move(header.identity);
    body.identity.sha256 = hex(own);
    body.size = bytes->size();
    body.media_type = std::move(header.media_type);
    body.subjects = std::move(header.subjects);
    page.bodies.push_back({body.identity.sha256, std::make_shared<std::string const>(std::move(*bytes))});
    entry.inline_bodies.push_back(std::move(body));
}

/// A contained Binary is inline data by another name.
void take_contained_binary(fhir::DocumentReference& document, std::size_t content) {
    auto& read = document.contents[content].attachment;
    auto* const attachment = attachment_of(document, content);
    auto* const contained = document.resource.find("contained");
    auto* const items = contained == nullptr ? nullptr : contained->get<fhir::json::Value::Array>();
    if (attachment == nullptr || items == nullptr || !read.url.starts_with('#')) return;
    auto const id = std::string_view(read.url).substr(1);
    auto const binary = std::find_if(items->begin(), items->end(), [&](fhir::json::Value const& item) {
        return item.text("resourceType") == "Binary" && item.text("id") == id && !item.text("data").empty();
    });
    if (binary == items->end()) return;
    attachment->set("data", std::string(binary->text("data")));
    attachment->erase("url");
    if (read.content_type.empty()) {
        read.content_type = binary->text("contentType");
        if (!read.content_type.empty()) attachment->set("contentType", read.content_type);
    }
    read.url.clear();
    read.has_data = true;
    items->erase(binary);
    if (items->empty()) document.resource.erase("contained");
}

/// "https://partner/fhir" of "https://partner/fhir/Patient/1".
std::string_view base_of(std::string_view reference) {
    auto const type = fhir::reference_type(reference);
    auto const at =
        fhir::is_absolute(reference) && !type.empty() ? reference.rfind(std::string(type) + '/') : 0;
    return reference.substr(0, at == std::string_view::npos ? 0 : at);
}

bool same_base(std::string_view a, std::string_view b) {
    auto const plain = [](std::string_view base) {
        auto const scheme = base.find("://");
        if (scheme != std::string_view::npos) base.remove_prefix(scheme + 3);
        while (base.ends_with('/')) base.remove_suffix(1);
        return base;
    };
    return !a.empty() && !b.empty() && plain(a) == plain(b);
}

/// Relations to documents of the partner's own server become relative, also where the server calls itself otherwise, as in the subject that was
/// accepted: those that stay absolute are another server's.
void make_own_relations_relative(fhir::DocumentReference& document, std::string_view base) {
    auto* const relations = document.resource.find("relatesTo");
    auto* const items = relations == nullptr ? nullptr : relations->get<fhir::json::Value::Array>();
    if (items == nullptr) return;
    auto const subject = base_of(document.subject.reference);
    for (std::size_t i = 0; i < items->size() && i < document.relates_to.size(); ++i) {
        auto& read = document.relates_to[i].target.reference;
        auto* const target = (*items)[i].find("target");
        auto const prefix = base_of(read);
        if (target == nullptr || (!same_base(prefix, base) && !same_base(prefix, subject))) continue;
        read.erase(0, prefix.size());
        target->set("reference", read);
    }
}

/// A name that tells nothing of the partner's server, the same for the same URL.
std::string opaque_name(std::string_view url) {
    auto const digits = hex(sha256(url));
    std::string name = "urn:uuid:";
    std::size_t at = 0;
    for (std::size_t const length : {8U, 4U, 4U, 4U, 12U}) {
        if (at > 0) name += '-';
        name += digits.substr(at, length);
        at += length;
    }
    return name;
}

/// A document's name that is the URL of a server becomes another name, also where it is that of a related document: it may be a partner's, and whoever
/// passes it on has to mean the same.
void rename_urls(fhir::DocumentReference& document) {
    auto const rename = [](fhir::Identifier& read, fhir::json::Value* written) {
        if (written == nullptr || !fhir::is_server_url(read)) return;
        read.value = opaque_name(read.value);
        written->set("value", read.value);
    };
    auto& resource = document.resource;
    if (document.master_identifier) rename(*document.master_identifier, resource.find("masterIdentifier"));
    auto* const relations = resource.find("relatesTo");
    auto* const items = relations == nullptr ? nullptr : relations->get<fhir::json::Value::Array>();
    if (items == nullptr) return;
    for (std::size_t i = 0; i < items->size() && i < document.relates_to.size(); ++i) {
        auto* const target = (*items)[i].find("target");
        auto& identifier = document.relates_to[i].target.identifier;
        if (target != nullptr && identifier) rename(*identifier, target->find("identifier"));
    }
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
        make_own_relations_relative(entry.document, base);
        rename_urls(entry.document);
        fhir::drop_partner_uris(entry.document.resource, base);
        for (std::size_t i = 0; i < entry.document.contents.size(); ++i) {
            take_contained_binary(entry.document, i);
            if (entry.document.contents[i].attachment.has_data)
                take_inline_data(entry, i, document_limit, page);
        }
        page.entries.push_back(std::move(entry));
    }
    return page;
}

}  // namespace tributary::pipeline
