#include "fhir/resources/outward.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "fhir/resources/prune.hpp"

namespace tributary::fhir {

namespace {

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
        if (name == "resourceType" || name == "id" || name == "meta") continue;
        auto const narrative = name == "text" ? value.text("div") : std::string_view();
        bool const links =
            narrative.find("href=") != narrative.npos || narrative.find("src=") != narrative.npos;
        if (!links) made.set(name, value);
    }
    return made;
}

/// At any depth: a reference to what is not contained names nothing that we serve.
void drop_foreign_references(Value& value) {
    if (auto* items = value.get<Value::Array>()) {
        for (auto& item : *items) drop_foreign_references(item);
    }
    auto* members = value.get<Value::Object>();
    if (members == nullptr) return;
    auto const* reference = value.find("reference");
    if (reference != nullptr && reference->is_string() && !reference->text().starts_with('#'))
        value.erase("reference");
    for (auto& member : *members) drop_foreign_references(member.second);
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
    bool const retrievable = read.has_data || !read.url.empty();
    if (retrievable && !binary_id.empty()) attachment.set("url", "Binary/" + binary_id);
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
    rewrite_contents(made, document, binary_ids);
    drop_foreign_references(made);
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
        for (auto& item : items) item.erase("url");
    }
    drop_foreign_references(made);
    prune(made);
    return made;
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
