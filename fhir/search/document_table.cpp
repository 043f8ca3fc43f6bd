#include <algorithm>
#include <array>

#include "fhir/search/table.hpp"

namespace tributary::fhir::search {

namespace {

using Document = DocumentReference;

constexpr std::string_view kStatuses = "http://hl7.org/fhir/document-reference-status";
constexpr std::string_view kMediaTypes = "urn:ietf:bcp:13";

void add_date(Values& values, std::string const& date) {
    if (!date.empty()) values.dates.push_back({date, date});
}

template <auto member>
void codings(Document const& document, Values& values) {
    values.tokens.insert(values.tokens.end(), (document.*member).begin(), (document.*member).end());
}

void identifiers(Document const& document, Values& values) {
    if (document.master_identifier) {
        values.tokens.push_back({document.master_identifier->system, document.master_identifier->value, ""});
    }
    for (auto const& identifier : document.identifiers)
        values.tokens.push_back({identifier.system, identifier.value, ""});
}

void id(Document const& document, Values& values) {
    if (!document.id.empty()) values.tokens.push_back({"", document.id, ""});
}
void status(Document const& document, Values& values) {
    values.tokens.push_back({std::string(kStatuses), document.status, ""});
}
void date(Document const& document, Values& values) { add_date(values, document.date); }
void last_updated(Document const& document, Values& values) { add_date(values, document.meta.last_updated); }
void creation(Document const& document, Values& values) {
    for (auto const& content : document.contents) add_date(values, content.attachment.creation);
}
void period(Document const& document, Values& values) {
    if (!document.period.start.empty() || !document.period.end.empty())
        values.dates.push_back(document.period);
}
void formats(Document const& document, Values& values) {
    for (auto const& content : document.contents) {
        if (!content.format.code.empty()) values.tokens.push_back(content.format);
    }
}
void content_types(Document const& document, Values& values) {
    for (auto const& content : document.contents) {
        auto const& type = content.attachment.content_type;
        if (!type.empty()) values.tokens.push_back({std::string(kMediaTypes), type, ""});
    }
}
void subject(Document const& document, Values& values) {
    auto const& reference = document.subject;
    if (!reference.reference.empty() || reference.identifier) values.references.push_back(reference);
}
void related(Document const& document, Values& values) {
    auto const* context = document.resource.find("context");
    if (context == nullptr) return;
    for (auto const& item : context->items("related")) values.references.push_back(read_reference(&item));
}

json::Value const* contained(Document const& document, std::string_view reference) {
    if (!reference.starts_with('#')) return nullptr;
    auto const& all = document.resource.items("contained");
    auto const found = std::find_if(all.begin(), all.end(), [&](auto const& item) {
        return item.text("id") == reference.substr(1);
    });
    return found == all.end() ? nullptr : &*found;
}

void authors(Document const& document, Values& values) {
    for (auto const& author : document.authors) {
        if (!author.reference.empty() || author.identifier) values.references.push_back(author);
    }
}

/// The names of authors that are contained; of a PractitionerRole, those of its practitioner.
std::vector<HumanName> author_names(Document const& document) {
    std::vector<HumanName> names;
    for (auto const& author : document.authors) {
        auto const* person = contained(document, author.reference);
        if (person != nullptr && person->text("resourceType") == "PractitionerRole") {
            person = contained(document, read_reference(person->find("practitioner")).reference);
        }
        if (person == nullptr) continue;
        for (auto const& name : person->items("name")) names.push_back(read_human_name(name));
    }
    return names;
}
void author_given(Document const& document, Values& values) {
    for (auto const& name : author_names(document)) {
        values.strings.insert(values.strings.end(), name.given.begin(), name.given.end());
    }
}
void author_family(Document const& document, Values& values) {
    for (auto& name : author_names(document)) {
        if (!name.family.empty()) values.strings.push_back(std::move(name.family));
    }
}

constexpr std::array kTable{
    Row<Document>{"_id", Type::token, id, "Resource-id"},
    Row<Document>{"_lastUpdated", Type::date, last_updated, "Resource-lastUpdated"},
    Row<Document>{"author", Type::reference, authors, "DocumentReference-author"},
    Row<Document>{"author.family", Type::string, author_family, ""},
    Row<Document>{"author.given", Type::string, author_given, ""},
    Row<Document>{"category", Type::token, codings<&Document::category>, "DocumentReference-category"},
    Row<Document>{"contenttype", Type::token, content_types, "DocumentReference-contenttype"},
    Row<Document>{
        "creation",
        Type::date,
        creation,
        "https://profiles.ihe.net/ITI/MHD/SearchParameter/DocumentReference-Creation"
    },
    Row<Document>{"date", Type::date, date, "DocumentReference-date"},
    Row<Document>{"event", Type::token, codings<&Document::events>, "DocumentReference-event"},
    Row<Document>{"facility", Type::token, codings<&Document::facility_type>, "DocumentReference-facility"},
    Row<Document>{"format", Type::token, formats, "DocumentReference-format"},
    Row<Document>{"identifier", Type::identifier, identifiers, "clinical-identifier"},
    Row<Document>{"patient", Type::reference, subject, "clinical-patient"},
    Row<Document>{"period", Type::date, period, "DocumentReference-period"},
    Row<Document>{"related", Type::reference, related, "DocumentReference-related"},
    Row<Document>{
        "security-label", Type::token, codings<&Document::security_labels>, "DocumentReference-security-label"
    },
    Row<Document>{"setting", Type::token, codings<&Document::practice_setting>, "DocumentReference-setting"},
    Row<Document>{"status", Type::token, status, "DocumentReference-status"},
    Row<Document>{"subject", Type::reference, subject, "DocumentReference-subject"},
    Row<Document>{"type", Type::token, codings<&Document::type>, "clinical-type"}
};

}  // namespace

std::span<Row<DocumentReference> const> document_table() { return kTable; }

}  // namespace tributary::fhir::search
