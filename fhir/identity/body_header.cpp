#include "fhir/identity/body_header.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <string>

#include <libxml/xmlreader.h>

#include "fhir/json/reader.hpp"
#include "fhir/resources/identifier_key.hpp"

namespace tributary::fhir::identity {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kCda = "urn:hl7-org:v3";
constexpr std::size_t kBundle = std::size_t{8} << 20U;  // of a FHIR document that is looked into

struct FreeReader {
    void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
};

std::string_view text(xmlChar const* value) {
    return value == nullptr ? std::string_view() : std::string_view(reinterpret_cast<char const*>(value));
}

/// Pulls a CDA header, element by element.
class HeaderReader {
public:
    explicit HeaderReader(std::string_view bytes) {
        constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
        auto const size =
            static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
        reader_.reset(xmlReaderForMemory(bytes.data(), size, nullptr, nullptr, kOptions));
    }

    /// Goes to the next element; false at the end, at an error and at a DOCTYPE, which no CDA has.
    bool next_element() {
        while (reader_ != nullptr && xmlTextReaderRead(reader_.get()) == 1) {
            auto const type = xmlTextReaderNodeType(reader_.get());
            if (type == XML_READER_TYPE_DOCUMENT_TYPE) return false;
            if (type == XML_READER_TYPE_ELEMENT) return true;
        }
        return false;
    }
    int depth() const { return xmlTextReaderDepth(reader_.get()); }
    std::string_view name() const { return text(xmlTextReaderConstLocalName(reader_.get())); }
    std::string_view space() const { return text(xmlTextReaderConstNamespaceUri(reader_.get())); }
    std::string attribute(char const* name) const {
        auto* const value = xmlTextReaderGetAttribute(reader_.get(), reinterpret_cast<xmlChar const*>(name));
        std::string copy(text(value));
        xmlFree(value);
        return copy;
    }
    /// Of this element and all below it.
    std::string content() const {
        auto* const value = xmlTextReaderReadString(reader_.get());
        std::string copy(text(value));
        xmlFree(value);
        return copy;
    }

private:
    std::unique_ptr<xmlTextReader, FreeReader> reader_;
};

/// root^extension, or the root alone.
std::string instance_identifier(HeaderReader const& reader) {
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

/// patientRole/patient of the recordTarget that the reader stands on: its names and birthTime, not those of a guardian.
Patient read_record_target(HeaderReader& reader) {
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

/// Children of ClinicalDocument up to the first participant or the body.
BodyHeader read_cda(std::string_view bytes) {
    BodyHeader header;
    auto& identity = header.identity;
    HeaderReader reader(bytes);
    if (!reader.next_element() || reader.name() != "ClinicalDocument" || reader.space() != kCda) return {};
    header.media_type = "text/xml";
    while (reader.next_element()) {
        if (reader.depth() != 1 || reader.space() != kCda) continue;
        auto const name = reader.name();
        if (name == "recordTarget") header.subject = read_record_target(reader);
        if (name == "recordTarget" || name == "author" || name == "component") return header;
        if (name == "id" && identity.document_id.empty()) identity.document_id = instance_identifier(reader);
        if (name == "setId") identity.set_id = instance_identifier(reader);
        if (name == "versionNumber") read_version(reader.attribute("value"), identity);
    }
    return {};
}

json::Value const* first_of_type(json::Value const& bundle, std::string_view type) {
    for (auto const& entry : bundle.items("entry")) {
        auto const* const resource = entry.find("resource");
        if (resource != nullptr && resource->text("resourceType") == type) return resource;
    }
    return nullptr;
}

/// The Patient of the Bundle that the Composition is about.
std::optional<Patient> read_subject(json::Value const& bundle) {
    auto const* const composition = first_of_type(bundle, "Composition");
    if (composition == nullptr) return std::nullopt;
    auto const reference = read_reference(composition->find("subject")).reference;
    for (auto const& entry : bundle.items("entry")) {
        auto const* const resource = entry.find("resource");
        if (resource == nullptr || resource->text("resourceType") != "Patient") continue;
        bool const by_id =
            reference_type(reference) == "Patient" && reference_id(reference) == resource->text("id");
        if (entry.text("fullUrl") != reference && !by_id) continue;
        auto subject = read_patient(*resource);
        return subject ? std::optional(std::move(*subject)) : std::nullopt;
    }
    return std::nullopt;
}

BodyHeader read_bundle(std::string_view bytes) {
    BodyHeader header;
    auto const resource = json::read(bytes);
    if (!resource || resource->text("resourceType") != "Bundle") return header;
    if (auto const* identifier = resource->find("identifier"))
        header.identity.document_id = identifier_key(read_identifier(*identifier));
    header.subject = read_subject(*resource);
    return header;
}

}  // namespace

BodyHeader read_body_header(std::string_view bytes) {
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    auto const start = bytes.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    if (bytes[start] == '<') return read_cda(bytes.substr(start));
    if (bytes[start] == '{' && bytes.size() <= kBundle) return read_bundle(bytes);
    BodyHeader header;
    if (bytes.substr(start).starts_with("%PDF-")) header.media_type = "application/pdf";
    return header;
}

bool contradicts(std::string_view media_type, std::string_view content_type) {
    auto const stated = content_type.substr(0, content_type.find(';'));
    bool const both_xml = media_type == "text/xml" && stated.find("xml") != std::string_view::npos;
    return !media_type.empty() && stated != media_type && !both_xml;
}

}  // namespace tributary::fhir::identity
