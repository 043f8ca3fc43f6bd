#include "fhir/resources/document_reference.hpp"

#include <algorithm>
#include <charconv>

#include "fhir/base/ascii.hpp"

namespace tributary::fhir {

namespace {

constexpr std::string_view kHomeCommunityId =
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-HomeCommunityId";

bool is_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

/// Servers that build FHIR from HL7 version 2 send its time stamps: 20210612101500-0500 is 2021-06-12T10:15:00-05:00. Others stay as they are.
std::string fhir_date(std::string_view text) {
    auto const zone_at = text.find_first_of("+-Z");
    auto const digits = text.substr(0, zone_at);
    if (!is_digits(digits) || (digits.size() != 8 && digits.size() != 12 && digits.size() != 14))
        return std::string(text);
    auto const part = [digits](std::size_t from) { return std::string(digits.substr(from, 2)); };
    auto date = std::string(digits.substr(0, 4)) + '-' + part(4) + '-' + part(6);
    if (digits.size() == 8) return date;
    date += 'T' + part(8) + ':' + part(10) + ':' + (digits.size() == 14 ? part(12) : "00");
    auto const zone = zone_at == std::string_view::npos ? std::string_view("Z") : text.substr(zone_at);
    if (zone.size() == 5 && is_digits(zone.substr(1))) {
        return date + std::string(zone.substr(0, 3)) + ':' + std::string(zone.substr(3));
    }
    return date + std::string(zone);
}

/// A number, or digits in a string.
std::optional<std::uint64_t> read_size(json::Value const* value) {
    if (value == nullptr) return std::nullopt;
    auto const* number = value->get<json::Number>();
    std::string_view const text = number == nullptr ? value->text() : std::string_view(number->text);
    std::uint64_t size = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return size;
}

/// The first of the names that is there: R4's own, then what STU3 or R5 call it.
json::Value const* first_of(json::Value const& value, std::initializer_list<std::string_view> names) {
    for (auto const name : names) {
        if (auto const* found = value.find(name)) return found;
    }
    return nullptr;
}

DocumentContent read_content(json::Value const& value) {
    DocumentContent content;
    if (auto const* attachment = value.find("attachment")) {
        auto& a = content.attachment;
        a.content_type = attachment->text("contentType");
        a.language = attachment->text("language");
        a.url = attachment->text("url");
        a.title = attachment->text("title");
        a.creation = fhir_date(attachment->text("creation"));
        a.hash = attachment->text("hash");
        a.size = read_size(attachment->find("size"));
        a.has_data = !attachment->text("data").empty();
    }
    if (auto const* format = value.find("format")) {
        auto const& codings = format->items();  // DSTU2: a list
        content.format = read_coding(codings.empty() ? *format : codings.front());
    } else if (auto const& profiles = value.items("profile"); !profiles.empty()) {  // R5
        if (auto const* coding = profiles.front().find("valueCoding")) content.format = read_coding(*coding);
    }
    return content;
}

std::vector<RelatesTo> read_relations(json::Value::Array const& values) {
    std::vector<RelatesTo> relations;
    for (auto const& value : values) {
        std::string code(value.text("code"));
        if (code.empty()) {  // R5: a CodeableConcept
            auto const codings = read_concept(value.find("code"));
            if (!codings.empty()) code = codings.front().code;
        }
        relations.push_back({std::move(code), read_reference(value.find("target"))});
    }
    return relations;
}

/// R4 keeps these under `context`; in R5 `context` is a list of references and they stand beside it.
void read_context(json::Value const& resource, DocumentReference& document) {
    auto const* context = resource.find("context");
    auto const& holder = context != nullptr && context->is_object() ? *context : resource;
    document.facility_type = read_concept(holder.find("facilityType"));
    document.practice_setting = read_concept(holder.find("practiceSetting"));
    document.period = read_period(holder.find("period"));
    for (auto const& event : holder.items("event")) {
        auto const* concept_of_r5 = event.find("concept");
        auto const codings = read_concept(concept_of_r5 == nullptr ? &event : concept_of_r5);
        document.events.insert(document.events.end(), codings.begin(), codings.end());
    }
}

std::vector<Coding> read_category(json::Value const& resource) {
    auto const* category = first_of(resource, {"category", "class"});
    if (category == nullptr) return {};
    return category->is_array() ? read_concepts(category->items()) : read_concept(category);
}

}  // namespace

bool is_retrievable(Attachment const& attachment) {
    std::string_view const url = attachment.url;
    if (attachment.has_data) return true;
    if (url.empty() || url.starts_with('#')) return false;
    auto const scheme = ascii::lower(url.substr(0, url.find(':')));
    return !is_absolute(url) || scheme == "http" || scheme == "https";
}

Result<DocumentReference> read_document_reference(json::Value resource) {
    if (resource.text("resourceType") != "DocumentReference") {
        return Failure(Errc::malformed, "this is no DocumentReference resource");
    }
    DocumentReference document;
    document.id = resource.text("id");
    document.meta = read_meta(resource);
    if (auto const* master = resource.find("masterIdentifier");
        master != nullptr && !master->text("value").empty()) {
        document.master_identifier = read_identifier(*master);
    }
    document.identifiers = read_identifiers(resource.items("identifier"));
    document.status = resource.text("status").empty() ? "current" : resource.text("status");
    document.doc_status = resource.text("docStatus");
    document.type = read_concept(resource.find("type"));
    document.category = read_category(resource);
    document.security_labels = read_concepts(resource.items("securityLabel"));
    document.subject = read_reference(resource.find("subject"));
    auto const* date = first_of(resource, {"date", "indexed"});
    document.date = fhir_date(date == nullptr ? std::string_view() : date->text());
    for (auto const& author : resource.items("author")) document.authors.push_back(read_reference(&author));
    document.relates_to = read_relations(resource.items("relatesTo"));
    for (auto const& content : resource.items("content")) document.contents.push_back(read_content(content));
    read_context(resource, document);
    for (auto const& extension : resource.items("extension")) {
        if (extension.text("url") != kHomeCommunityId) continue;
        auto const* community = first_of(extension, {"valueOid", "valueUri"});
        if (community != nullptr) document.home_community_id = community->text();
    }
    document.resource = std::move(resource);
    return document;
}

}  // namespace tributary::fhir
