#include "fhir/identity/body_header.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "fhir/base/ascii.hpp"
#include "fhir/base/media_type.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/resources/identifier_key.hpp"
#include "fhir/xml/pull_reader.hpp"
#include "fhir/xml/resource.hpp"

namespace tributary::fhir::identity {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kCda = "urn:hl7-org:v3";
constexpr std::size_t kBundle = std::size_t{8} << 20U;  // of a FHIR document that is looked into
constexpr int kHeaderElements = 20000;                  // of a CDA, without its recordTargets
constexpr std::size_t kMostSubjects = 50;

/// root^extension, or the root alone.
std::string instance_identifier(xml::PullReader const& reader) {
    auto const root = reader.attribute("root");
    auto const extension = reader.attribute("extension");
    return root.empty() || extension.empty() ? root : root + '^' + extension;
}

void read_version(std::string const& value, BodyIdentity& identity) {
    std::int64_t number = 0;
    auto const* const end = value.data() + value.size();
    auto const [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end) identity.version_number = number;
}

/// "19700501…" as FHIR writes it; "" for what is no date.
std::string fhir_date(std::string_view value) {
    auto const digits = value.substr(0, std::min(value.find_first_not_of("0123456789"), value.size()));
    constexpr std::size_t kYear = 4;
    constexpr std::size_t kMonth = 6;
    constexpr std::size_t kDay = 8;
    if (digits.size() < kYear) return {};
    std::string date(digits.substr(0, kYear));
    if (digits.size() >= kMonth) date.append("-").append(digits.substr(kYear, 2));
    if (digits.size() >= kDay) date.append("-").append(digits.substr(kMonth, 2));
    return date;
}

/// patientRole/patient of the recordTarget that the reader stands on: its names and birthTime, not those of a guardian. The reader ends behind it.
Patient read_record_target(xml::PullReader& reader) {
    constexpr int kPatient = 3;
    constexpr int kNamePart = kPatient + 2;
    constexpr std::size_t kMostNames = 20;
    Patient subject;
    bool in_name = false;
    while (reader.next_element() && reader.depth() > 1) {
        if (reader.space() != kCda) continue;
        auto const name = reader.name();
        if (reader.depth() == kPatient + 1) {
            in_name = name == "name" && subject.names.size() < kMostNames;
            if (in_name) subject.names.emplace_back();
            if (name == "birthTime") subject.birth_date = fhir_date(reader.attribute("value"));
        } else if (reader.depth() == kNamePart && in_name) {
            auto& human = subject.names.back();
            if (name == "family")
                human.family =
                    human.family.empty() ? reader.content() : human.family + ' ' + reader.content();
            if (name == "given") human.given.push_back(reader.content());
        }
    }
    return subject;
}

/// Of what says who the document is; what stands behind a participant is somebody else's.
void read_child(xml::PullReader const& reader, bool& participants, BodyIdentity& identity) {
    auto const name = reader.name();
    participants = participants || name == "author";
    if (participants) return;
    if (name == "id" && identity.document_id.empty()) identity.document_id = instance_identifier(reader);
    if (name == "setId") identity.set_id = instance_identifier(reader);
    if (name == "versionNumber") read_version(reader.attribute("value"), identity);
}

/// Children of the ClinicalDocument on which the reader stands, up to the body. Broken before any participant it tells nothing.
BodyHeader read_cda(xml::PullReader& reader) {
    BodyHeader header;
    auto& identity = header.identity;
    header.media_type = "text/xml";
    bool participants = false;
    bool here = reader.next_element();
    for (int elements = 0; here && elements < kHeaderElements; ++elements) {
        bool const in_header = reader.depth() == 1 && reader.space() == kCda;
        if (in_header && reader.name() == "component") return header;
        if (in_header && reader.name() == "recordTarget") {
            participants = true;
            auto subject = read_record_target(reader);
            bool const names_anybody = !subject.names.empty() || !subject.birth_date.empty();
            if (names_anybody && header.subjects.size() < kMostSubjects)
                header.subjects.push_back(std::move(subject));
            here = reader.on_element();
            continue;
        }
        if (in_header) read_child(reader, participants, identity);
        here = reader.next_element();
    }
    return participants ? header : BodyHeader();
}
json::Value const* first_of_type(json::Value const& bundle, std::string_view type) {
    for (auto const& entry : bundle.items("entry")) {
        auto const* const resource = entry.find("resource");
        if (resource != nullptr && resource->text("resourceType") == type) return resource;
    }
    return nullptr;
}

std::vector<Patient> patient_of(json::Value const& resource) {
    std::vector<Patient> subjects;
    if (auto patient = read_patient(resource)) subjects.push_back(std::move(*patient));
    return subjects;
}

/// The Patient whom the Composition is about: contained in it, or of the Bundle. None where it holds no such Patient.
std::vector<Patient> read_subject(json::Value const& bundle) {
    auto const* const composition = first_of_type(bundle, "Composition");
    if (composition == nullptr) return {};
    auto const reference = read_reference(composition->find("subject")).reference;
    for (auto const& resource : composition->items("contained")) {
        if (reference.starts_with('#') && resource.text("id") == reference.substr(1))
            return patient_of(resource);
    }
    for (auto const& entry : bundle.items("entry")) {
        auto const* const resource = entry.find("resource");
        if (resource == nullptr || resource->text("resourceType") != "Patient") continue;
        bool const by_id =
            reference_type(reference) == "Patient" && reference_id(reference) == resource->text("id");
        if (entry.text("fullUrl") == reference || by_id) return patient_of(*resource);
    }
    return {};
}

BodyHeader read_bundle(Result<json::Value> const& resource) {
    BodyHeader header;
    if (!resource || resource->text("resourceType") != "Bundle") return header;
    if (auto const* identifier = resource->find("identifier"))
        header.identity.document_id = identifier_key(read_identifier(*identifier));
    header.subjects = read_subject(*resource);
    return header;
}

BodyHeader read_xml(std::string_view bytes) {
    xml::PullReader reader(bytes);
    if (!reader.next_element()) return {};
    if (reader.name() == "ClinicalDocument" && reader.space() == kCda) return read_cda(reader);
    bool const bundle = reader.name() == "Bundle" && reader.space() == xml::kFhir;
    return bundle && bytes.size() <= kBundle ? read_bundle(xml::read_resource(reader)) : BodyHeader();
}

}  // namespace

BodyHeader read_body_header(std::string_view bytes) {
    if (xml::looks_like_xml(bytes)) return read_xml(bytes);
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    auto const start = bytes.find_first_not_of(ascii::kSpace);
    if (start == std::string_view::npos) return {};
    if (bytes[start] == '{' && bytes.size() <= kBundle) return read_bundle(json::read(bytes));
    BodyHeader header;
    if (bytes.substr(start).starts_with("%PDF-")) header.media_type = "application/pdf";
    return header;
}

bool contradicts(std::string_view told, std::string_view content_type) {
    auto const stated = media_type(content_type);
    bool const both_xml = told == "text/xml" && stated.find("xml") != std::string::npos;
    return !told.empty() && stated != told && !both_xml;
}

}  // namespace tributary::fhir::identity
