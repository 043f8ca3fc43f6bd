#include <algorithm>
#include <utility>

#include "examples/partner-simulator/generator/source_readers.hpp"
#include "examples/partner-simulator/generator/source_values.hpp"
#include "examples/partner-simulator/generator/summaries.hpp"
#include "fhir/json/reader.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::Value;

void read_names(Value const& patient, SourcePerson& person) {
    for (auto const& name : patient.items("name")) {
        if (name.text("use") == "maiden") {
            person.maiden_name = name.text("family");
        } else if (person.patient.family.empty()) {
            person.patient.family = name.text("family");
            for (auto const& given : name.items("given")) person.patient.given.emplace_back(given.text());
        }
    }
}

void read_person(Value const& patient, SourcePerson& person) {
    read_names(patient, person);
    person.patient.gender = patient.text("gender");
    person.birth_dates.emplace_back(patient.text("birthDate"));
    if (patient.items("address").empty()) return;
    auto const& address = patient.items("address").front();
    auto const& lines = address.items("line");
    person.patient.address = {
        lines.empty() ? std::string() : std::string(lines.front().text()),
        std::string(address.text("city")),
        std::string(address.text("state")),
        std::string(address.text("postalCode"))
    };
}

std::optional<SourceDocument> read_note(std::string const& path, Value const& resource) {
    auto const& contents = resource.items("content");
    auto const* attachment = contents.empty() ? nullptr : contents.front().find("attachment");
    auto bytes = attachment == nullptr ? std::nullopt : from_base64(attachment->text("data"));
    if (!bytes || bytes->empty()) return std::nullopt;
    SourceDocument source;
    source.key = path + '#' + std::string(resource.text("id"));
    auto& document = source.document;
    auto const& identifiers = resource.items("identifier");
    document.master_identifier = uri_identifier(
        identifiers.empty() ? "urn:uuid:" + std::string(resource.text("id"))
                            : std::string(identifiers.front().text("value"))
    );
    document.status = resource.text("status");
    document.type = coding_of(resource.find("type"));
    document.category = clinical_note();
    document.date = instant(resource.text("date"));
    document.creation = document.date;
    document.title = document.type.display;
    document.contents = {{"text/plain", std::move(*bytes), ""}};
    return source;
}

}  // namespace

std::optional<SourcePerson> read_synthea(std::string const& path, std::string const& text) {
    auto const bundle = fhir::json::read(text);
    if (!bundle) return std::nullopt;
    SourcePerson person;
    Resources resources;
    for (auto const& entry : bundle->items("entry")) {
        auto const* resource = entry.find("resource");
        if (resource == nullptr) continue;
        auto const type = resource->text("resourceType");
        if (type == "Patient") read_person(*resource, person);
        if (type == "DocumentReference") {
            if (auto note = read_note(path, *resource)) person.documents.push_back(std::move(*note));
        }
        resources[std::string(type)].push_back(&entry);
    }
    if (person.patient.family.empty()) return std::nullopt;
    if (person.documents.empty()) {
        person.documents = summarise_encounters(path, resources);
        person.documents.push_back(make_patient_summary(path, resources));
    }
    return person;
}

}  // namespace tributary::simulator
