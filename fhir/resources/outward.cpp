#include "fhir/resources/outward.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/resources/prune.hpp"

namespace tributary::fhir {

namespace {

constexpr std::string_view kUri = "urn:ietf:rfc:3986";

using json::Value;

constexpr std::uint64_t kMaxUnsignedInt = 2147483647;

Value make_coding(Coding const& coding) {
    Value made;
    if (!coding.system.empty()) made.set("system", coding.system);
    if (!coding.code.empty()) made.set("code", coding.code);
    if (!coding.display.empty()) made.set("display", coding.display);
    return made;
}

Value make_meta(Value const& resource, OutwardMeta const& ours) {
    auto meta = json::object(
        {{"versionId", ours.version_id}, {"lastUpdated", ours.last_updated}, {"source", ours.source}}
    );
    auto const* theirs = resource.find("meta");
    if (theirs != nullptr && theirs->find("security") != nullptr)
        meta.set("security", *theirs->find("security"));
    Value tags = theirs != nullptr ? json::array(theirs->items("tag")) : json::array();
    for (auto const& tag : ours.tags) tags.push(make_coding(tag));
    meta.set("tag", std::move(tags));
    return meta;
}

/// A narrative that leads elsewhere.
bool has_links(Value const& text) {
    auto const narrative = text.text("div");
    return narrative.find("href=") != narrative.npos || narrative.find("src=") != narrative.npos;
}

/// Our id and meta in front, then what the partner said, without narrative that may link to the partner.
Value with_our_meta(Value const& resource, OutwardMeta const& meta) {
    auto made = json::object(
        {{"resourceType", std::string(resource.text("resourceType"))},
         {"id", meta.id},
         {"meta", make_meta(resource, meta)}}
    );
    auto const* members = resource.get<Value::Object>();
    if (members == nullptr) return made;
    for (auto const& [name, value] : *members) {
        bool const ours = name == "resourceType" || name == "id" || name == "meta";
        bool const rules = name == "implicitRules" || name == "_implicitRules";
        if (!ours && !rules && !(name == "text" && has_links(value))) made.set(name, value);
    }
    return made;
}

bool is_web_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

/// By its place, or by what only an Attachment has beside a url.
bool is_attachment(std::string_view name, Value const& value) {
    static constexpr std::array<std::string_view, 3> kPlaces{"attachment", "photo", "valueAttachment"};
    static constexpr std::array<std::string_view, 5> kMembers{
        "contentType", "data", "hash", "size", "creation"
    };
    return value.find("url") != nullptr && value.find("resourceType") == nullptr &&
           (std::find(kPlaces.begin(), kPlaces.end(), name) != kPlaces.end() ||
            std::any_of(kMembers.begin(), kMembers.end(), [&](auto member) { return value.find(member); }));
}

/// At any depth: a reference to what is not contained names nothing that we serve, and a URL leads to the partner. `name`: of the member that holds it.
void drop_foreign_links(Value& value, std::string_view name = {}) {
    if (auto* items = value.get<Value::Array>()) {
        for (auto& item : *items) drop_foreign_links(item, name);
    }
    auto* members = value.get<Value::Object>();
    if (members == nullptr) return;
    auto const* reference = value.find("reference");
    if (reference != nullptr && reference->is_string() && !reference->text().starts_with('#'))
        value.erase("reference");
    if (is_attachment(name, value)) {
        value.erase("url");
        value.erase("_url");
    }
    if (is_web_url(value.text("valueUrl"))) value.erase("valueUrl");
    if (name == "contained") {
        value.erase("implicitRules");
        if (auto const* text = value.find("text"); text != nullptr && has_links(*text)) value.erase("text");
    }
    for (auto& member : *members) drop_foreign_links(member.second, member.first);
}

/// "https://host:8443" of a URL.
std::string_view origin_of(std::string_view url) {
    auto const authority = url.find("://");
    return authority == url.npos ? std::string_view()
                                 : url.substr(0, url.find_first_of("/?#", authority + 3));
}

/// Of a partner that has no other identifier: the URL of the resource.
bool is_uri_at(Value const& identifier, std::string_view origin) {
    return ascii::equal_without_case(identifier.text("system"), kUri) &&
           origin_of(identifier.text("value")) == origin;
}

void drop_uris_at(Value& value, std::string_view origin) {
    if (auto* items = value.get<Value::Array>()) {
        for (auto& item : *items) drop_uris_at(item, origin);
    }
    auto* members = value.get<Value::Object>();
    if (members == nullptr) return;
    for (auto const* const name : {"valueUri", "valueCanonical", "source"}) {
        if (auto const uri = value.text(name); !uri.empty() && origin_of(uri) == origin) value.erase(name);
    }
    for (auto& [name, member] : *members) {
        auto* const identifiers = name == "identifier" ? member.get<Value::Array>() : nullptr;
        if (identifiers != nullptr)
            std::erase_if(*identifiers, [&](Value const& one) { return is_uri_at(one, origin); });
        drop_uris_at(member, origin);
    }
    if (auto const* one = value.find("identifier"); one != nullptr && is_uri_at(*one, origin))
        value.erase("identifier");
}

bool refers_to(Value const& value, std::string const& contained) {
    if (auto const* items = value.get<Value::Array>()) {
        return std::any_of(items->begin(), items->end(), [&](Value const& item) {
            return refers_to(item, contained);
        });
    }
    auto const* members = value.get<Value::Object>();
    if (members == nullptr) return false;
    return std::any_of(members->begin(), members->end(), [&](Value::Member const& member) {
        return (member.first == "reference" && member.second.text() == contained) ||
               refers_to(member.second, contained);
    });
}

/// R4 (dom-3) forbids contained resources that nothing refers to: those whose only reference we have replaced go.
void drop_orphan(Value& resource, std::string const& reference) {
    if (!reference.starts_with('#') || refers_to(resource, reference)) return;
    auto* contained = resource.find("contained");
    auto* items = contained == nullptr ? nullptr : contained->get<Value::Array>();
    if (items == nullptr) return;
    std::erase_if(*items, [&](Value const& item) { return '#' + std::string(item.text("id")) == reference; });
}

/// Where the target is a Document of ours, the link leads to it.
void link_relations(Value& resource, std::vector<std::string> const& related) {
    auto* relations = resource.find("relatesTo");
    auto* items = relations == nullptr ? nullptr : relations->get<Value::Array>();
    if (items == nullptr) return;
    for (std::size_t i = 0; i < items->size() && i < related.size(); ++i) {
        auto& relation = (*items)[i];
        if (related[i].empty() || !relation.is_object()) continue;
        auto* target = relation.find("target");
        if (target == nullptr || !target->is_object())
            target = &relation.set("target", Value(Value::Object{}));
        target->set("reference", "DocumentReference/" + related[i]);
    }
}

void drop_empty_relations(Value& resource) {
    auto* relations = resource.find("relatesTo");
    auto* items = relations == nullptr ? nullptr : relations->get<Value::Array>();
    if (items == nullptr) return;
    std::erase_if(*items, [](Value const& relation) {
        auto const* target = relation.find("target");
        return target == nullptr ||
               (target->text("reference").empty() && target->find("identifier") == nullptr &&
                target->text("display").empty());
    });
}

/// content and attachment are required: where the partner said nothing, that is said.
Value unknown_attachment() {
    constexpr char kDataAbsentReason[] = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    auto reason = json::object({{"url", kDataAbsentReason}, {"valueCode", "unknown"}});
    return json::object({{"extension", json::array({std::move(reason)})}});
}

void rewrite_attachment(Value& attachment, Attachment const& read, std::string const& binary_id) {
    for (auto const* name : {"data", "_data", "url", "_url", "size"}) attachment.erase(name);
    if (read.size && *read.size <= kMaxUnsignedInt) attachment.set("size", *read.size);
    if (is_retrievable(read) && !binary_id.empty()) attachment.set("url", "Binary/" + binary_id);
    if (!read.creation.empty()) attachment.set("creation", read.creation);
    prune(attachment);
}

void rewrite_contents(
    Value& resource, DocumentReference const& document, std::vector<std::string> const& binary_ids
) {
    auto* content = resource.find("content");
    auto* items = content == nullptr ? nullptr : content->get<Value::Array>();
    if (items == nullptr || items->empty()) {
        resource.set("content", json::array({json::object({{"attachment", unknown_attachment()}})}));
        return;
    }
    for (std::size_t i = 0; i < items->size() && i < document.contents.size(); ++i) {
        auto& item = (*items)[i];
        if (!item.is_object()) item = Value(Value::Object{});
        auto* attachment = item.find("attachment");
        if (attachment == nullptr || !attachment->is_object())
            attachment = &item.set("attachment", Value(Value::Object{}));
        rewrite_attachment(
            *attachment,
            document.contents[i].attachment,
            i < binary_ids.size() ? binary_ids[i] : std::string()
        );
        if (attachment->get<Value::Object>()->empty()) *attachment = unknown_attachment();
    }
}

Value our_subject(Value const* theirs, std::string_view patient_id) {
    auto subject = json::object({{"reference", "Patient/" + std::string(patient_id)}});
    if (theirs == nullptr) return subject;
    for (auto const* name : {"identifier", "display"}) {
        if (auto const* kept = theirs->find(name)) subject.set(name, *kept);
    }
    return subject;
}

}  // namespace

json::Value outward_document_reference(
    DocumentReference const& document,
    OutwardMeta const& meta,
    std::string_view patient_id,
    std::vector<std::string> const& binary_ids
) {
    auto made = with_our_meta(document.resource, meta);
    made.set("status", document.status);
    if (!document.date.empty()) made.set("date", document.date);
    if (auto* type = made.find("type"); type != nullptr && !type->items().empty())
        *type = Value(type->items().front());
    drop_foreign_links(made);
    rewrite_contents(made, document, binary_ids);
    made.set("subject", our_subject(made.find("subject"), patient_id));
    drop_orphan(made, document.subject.reference);
    for (auto const& content : document.contents) drop_orphan(made, content.attachment.url);
    link_relations(made, meta.related);
    drop_empty_relations(made);
    prune(made);
    return made;
}

json::Value outward_patient(Patient const& patient, OutwardMeta const& meta) {
    auto made = with_our_meta(patient.resource, meta);
    made.erase("link");
    if (auto* photo = made.find("photo"); photo != nullptr && photo->is_array()) {
        auto& items = *photo->get<Value::Array>();
        std::erase_if(items, [](Value const& item) { return item.find("data") == nullptr; });
    }
    drop_foreign_links(made);
    prune(made);
    return made;
}

void drop_partner_uris(json::Value& resource, std::string_view base) {
    if (auto const origin = origin_of(base); !origin.empty()) drop_uris_at(resource, origin);
}

bool is_server_url(Identifier const& identifier) {
    return ascii::equal_without_case(identifier.system, kUri) && is_web_url(identifier.value);
}

std::string absolute(std::string_view resource, std::string_view base) {
    constexpr std::string_view kRelative = R"("url":"Binary/)";
    std::string out;
    while (true) {
        auto const at = resource.find(kRelative);
        out += resource.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += R"("url":")";
        out += base;
        out += "/Binary/";
        resource.remove_prefix(at + kRelative.size());
    }
}

}  // namespace tributary::fhir
