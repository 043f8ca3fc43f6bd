#include "examples/partner-simulator/generator/summaries.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "examples/partner-simulator/generator/source_values.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

constexpr std::size_t kEncounters = 10;

/// What a summary speaks of: a type of resource, the element that names it, and the LOINC code of its section.
struct Section {
    char const* type;
    char const* named_by;
    char const* title;
    char const* code;
};
constexpr std::array<Section, 4> kSections = {{
    {"Condition", "code", "Problems", "11450-4"},
    {"MedicationRequest", "medicationCodeableConcept", "Medications", "10160-0"},
    {"AllergyIntolerance", "code", "Allergies", "48765-2"},
    {"Immunization", "vaccineCode", "Immunizations", "11369-6"},
}};

std::vector<Value const*> entries_of(Resources const& resources, std::string_view type) {
    auto const found = resources.find(type);
    return found == resources.end() ? std::vector<Value const*>{} : found->second;
}

Value const& resource_of(Value const& entry) { return *entry.find("resource"); }

std::string_view reference_of(Value const& resource, std::string_view name) {
    auto const* element = resource.find(name);
    return element == nullptr ? std::string_view() : element->text("reference");
}

std::string_view start_of(Value const& encounter) {
    auto const* start = encounter.at("period", "start");
    return start == nullptr ? std::string_view() : start->text();
}

std::string display_of(Value const& resource, std::string_view element) {
    return coding_of(resource.find(element)).display;
}

std::string kind_of(Value const& encounter) {
    auto const& types = encounter.items("type");
    auto const kind = types.empty() ? std::string() : coding_of(&types.front()).display;
    return kind.empty() ? "Encounter" : kind;
}

std::string section_text(Section const& section, Resources const& resources, std::string_view encounter) {
    std::string lines;
    for (auto const* entry : entries_of(resources, section.type)) {
        auto const& resource = resource_of(*entry);
        if (reference_of(resource, "encounter") == encounter)
            lines += "- " + display_of(resource, section.named_by) + '\n';
    }
    return lines.empty() ? lines : '\n' + std::string(section.title) + ":\n" + lines;
}

SourceDocument summarise(std::string const& path, Value const& entry, Resources const& resources) {
    auto const& encounter = resource_of(entry);
    auto const id = std::string(encounter.text("id"));
    SourceDocument source;
    source.key = path + '#' + id;
    auto& document = source.document;
    document.master_identifier = uri_identifier("urn:uuid:" + derived_uuid({"encounter summary", id}));
    document.type = loinc("34133-9", "Summary of episode note");
    document.category = clinical_note();
    document.date = instant(start_of(encounter));
    document.creation = document.date;
    document.title = kind_of(encounter);
    auto text = document.title + "\nFrom: " + std::string(start_of(encounter)) + "\nEncounter: " + id + '\n';
    for (auto const& section : kSections) text += section_text(section, resources, entry.text("fullUrl"));
    document.contents = {{"text/plain", std::move(text), ""}};
    return source;
}

/// The section, and the entries it refers to, which are added to the document.
Value make_section(Section const& section, Resources const& resources, Value& entries) {
    auto references = array();
    std::string rows;
    for (auto const* entry : entries_of(resources, section.type)) {
        references.push(object({{"reference", entry->text("fullUrl")}}));
        rows += "<li>" + display_of(resource_of(*entry), section.named_by) + "</li>";
        entries.push(object({{"fullUrl", entry->text("fullUrl")}, {"resource", resource_of(*entry)}}));
    }
    auto const list = rows.empty() ? "<p>None known</p>" : "<ul>" + rows + "</ul>";
    auto narrative = object(
        {{"status", "generated"}, {"div", "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + list + "</div>"}}
    );
    auto coding = object({{"system", "http://loinc.org"}, {"code", section.code}});
    auto made = object(
        {{"title", section.title},
         {"code", object({{"coding", array({std::move(coding)})}})},
         {"text", std::move(narrative)}}
    );
    if (!references.items().empty()) made.set("entry", std::move(references));
    return made;
}

/// When the last Encounter began, as the summary is a picture of that time.
std::string last_time(Resources const& resources) {
    std::string latest;
    for (auto const* entry : entries_of(resources, "Encounter")) {
        latest = std::max(latest, std::string(start_of(resource_of(*entry))));
    }
    return instant(latest);
}

std::string write_summary(
    std::string const& identifier, std::string const& time, Resources const& resources
) {
    auto const patient = entries_of(resources, "Patient").front();
    auto entries = array(), sections = array();
    entries.push(object({{"fullUrl", patient->text("fullUrl")}, {"resource", resource_of(*patient)}}));
    for (auto const& section : kSections) sections.push(make_section(section, resources, entries));
    auto coding = object({{"system", "http://loinc.org"}, {"code", "60591-5"}});
    auto composition = object({
        {"resourceType", "Composition"},
        {"id", derived_uuid({"composition", identifier})},
        {"status", "final"},
        {"type", object({{"coding", array({std::move(coding)})}})},
        {"subject", object({{"reference", patient->text("fullUrl")}})},
        {"date", time},
        {"author", array({object({{"display", "Patient summary service"}})})},
        {"title", "Patient summary"},
        {"section", std::move(sections)},
    });
    auto first = object(
        {{"fullUrl", "urn:uuid:" + std::string(composition.text("id"))}, {"resource", std::move(composition)}}
    );
    auto all = array({std::move(first)});
    for (auto const& entry : entries.items()) all.push(entry);
    return fhir::json::write(object({
        {"resourceType", "Bundle"},
        {"identifier", object({{"system", "urn:ietf:rfc:3986"}, {"value", identifier}})},
        {"type", "document"},
        {"timestamp", time},
        {"entry", std::move(all)},
    }));
}

}  // namespace

std::vector<SourceDocument> summarise_encounters(std::string const& path, Resources const& resources) {
    auto encounters = entries_of(resources, "Encounter");
    std::stable_sort(encounters.begin(), encounters.end(), [](Value const* a, Value const* b) {
        return start_of(resource_of(*a)) > start_of(resource_of(*b));
    });
    encounters.resize(std::min(encounters.size(), kEncounters));
    std::vector<SourceDocument> summaries;
    for (auto const* entry : encounters) summaries.push_back(summarise(path, *entry, resources));
    return summaries;
}

SourceDocument make_patient_summary(std::string const& path, Resources const& resources) {
    SourceDocument source;
    source.key = path + "#summary";
    auto& document = source.document;
    document.master_identifier = uri_identifier("urn:uuid:" + derived_uuid({"patient summary", path}));
    document.type = loinc("60591-5", "Patient summary Document");
    document.category = clinical_note();
    document.date = last_time(resources);
    document.creation = document.date;
    document.title = "Patient summary";
    document.contents = {
        {"application/fhir+json",
         write_summary(document.master_identifier.value, document.date, resources),
         ""}
    };
    source.inner_id = document.master_identifier.system + '|' + document.master_identifier.value;
    return source;
}

}  // namespace tributary::simulator
