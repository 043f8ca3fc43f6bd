#include <algorithm>
#include <utility>

#include "examples/partner-simulator/generator/source_readers.hpp"
#include "examples/partner-simulator/generator/source_values.hpp"
#include "fhir/json/reader.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::Value;

HumanName to_name(Value const& value) {
    HumanName name{std::string(value.text("use")), {}, std::string(value.text("family"))};
    for (auto const& given : value.items("given")) name.given.emplace_back(given.text());
    if (name.use.empty()) name.use = "usual";
    return name;
}

Value const* find_resource(Value const& bundle, std::string_view type, std::string_view id) {
    for (auto const& entry : bundle.items("entry")) {
        auto const* resource = entry.find("resource");
        if (resource == nullptr || resource->text("resourceType") != type) continue;
        bool const named = id.empty() || resource->text("id") == id || entry.text("fullUrl").ends_with(id);
        if (named) return resource;
    }
    return nullptr;
}

/// The patient whom the Composition is about, else the first one.
Value const* find_subject(Value const& bundle, Value const& composition) {
    auto const* subject = composition.find("subject");
    auto const reference = subject == nullptr ? std::string_view() : subject->text("reference");
    auto const* found = find_resource(bundle, "Patient", reference.substr(reference.rfind('/') + 1));
    return found != nullptr ? found : find_resource(bundle, "Patient", "");
}

void read_person(Value const& patient, SourcePerson& person) {
    auto const& names = patient.items("name");
    auto const official = std::find_if(names.begin(), names.end(), [](Value const& name) {
        return name.text("use") == "official";
    });
    auto const chosen = to_name(official != names.end() ? *official : names.front());
    person.patient.family = chosen.family;
    person.patient.given = chosen.given;
    for (auto const& value : names) {
        if (auto name = to_name(value); !name.family.empty() && name.family != chosen.family)
            person.patient.other_names.push_back(std::move(name));
    }
    person.patient.gender = patient.text("gender");
    if (!patient.text("birthDate").empty()) person.birth_dates.emplace_back(patient.text("birthDate"));
}

SourceDocument read_document(std::string const& path, Value const& bundle, Value const& composition) {
    SourceDocument source;
    source.key = path;
    auto& document = source.document;
    if (auto const* identifier = bundle.find("identifier"); identifier != nullptr) {
        document.master_identifier = {
            std::string(identifier->text("system")), std::string(identifier->text("value"))
        };
        source.inner_id = document.master_identifier.system + '|' + document.master_identifier.value;
    }
    document.type = coding_of(composition.find("type"));
    document.category = clinical_note();
    document.title = composition.text("title");
    document.creation = instant(composition.text("date"));
    document.date = document.creation;
    return source;
}

}  // namespace

std::optional<SourcePerson> read_fhir_document(std::string const& path, std::string text) {
    auto const bundle = fhir::json::read(text);
    if (!bundle) return std::nullopt;
    auto const* composition = find_resource(*bundle, "Composition", "");
    if (composition == nullptr) return std::nullopt;
    auto const* patient = find_subject(*bundle, *composition);
    if (patient == nullptr || patient->items("name").empty()) return std::nullopt;
    SourcePerson person;
    read_person(*patient, person);
    auto source = read_document(path, *bundle, *composition);
    source.document.contents = {{"application/fhir+json", std::move(text), ""}};
    person.documents.push_back(std::move(source));
    return person;
}

}  // namespace tributary::simulator
