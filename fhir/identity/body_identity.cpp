#include "fhir/identity/body_identity.hpp"

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

/// Children of ClinicalDocument up to the first participant or the body.
BodyIdentity read_cda(std::string_view bytes) {
    BodyIdentity identity;
    HeaderReader reader(bytes);
    if (!reader.next_element() || reader.name() != "ClinicalDocument" || reader.space() != kCda) return {};
    while (reader.next_element()) {
        if (reader.depth() != 1 || reader.space() != kCda) continue;
        auto const name = reader.name();
        if (name == "recordTarget" || name == "author" || name == "component") return identity;
        if (name == "id" && identity.document_id.empty()) identity.document_id = instance_identifier(reader);
        if (name == "setId") identity.set_id = instance_identifier(reader);
        if (name == "versionNumber") read_version(reader.attribute("value"), identity);
    }
    return {};
}

BodyIdentity read_bundle(std::string_view bytes) {
    BodyIdentity identity;
    auto const resource = json::read(bytes);
    if (!resource || resource->text("resourceType") != "Bundle") return identity;
    if (auto const* identifier = resource->find("identifier"))
        identity.document_id = identifier_key(read_identifier(*identifier));
    return identity;
}

}  // namespace

BodyIdentity read_body_identity(std::string_view bytes) {
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    auto const start = bytes.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    if (bytes[start] == '<') return read_cda(bytes.substr(start));
    if (bytes[start] == '{' && bytes.size() <= kBundle) return read_bundle(bytes);
    return {};
}

}  // namespace tributary::fhir::identity
