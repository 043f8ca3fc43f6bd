#include "fhir/xml/pull_reader.hpp"

#include <algorithm>
#include <limits>

#include <libxml/parser.h>
#include <libxml/xmlreader.h>

#include "fhir/base/ascii.hpp"

namespace tributary::fhir::xml {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view text(xmlChar const* value) {
    return value == nullptr ? std::string_view() : std::string_view(reinterpret_cast<char const*>(value));
}

/// Frees what libxml2 has allocated.
std::string taken(xmlChar* value) {
    std::string copy(text(value));
    xmlFree(value);
    return copy;
}

/// Without what stands before the first '<' in UTF-8; UTF-16 is libxml2's to find out.
std::string_view trimmed(std::string_view bytes) {
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    auto const start = bytes.find_first_not_of(ascii::kSpace);
    return start == std::string_view::npos || bytes[start] != '<' ? bytes : bytes.substr(start);
}

}  // namespace

bool looks_like_xml(std::string_view bytes) {
    for (auto const start : {"\xFF\xFE"sv, "\xFE\xFF"sv, "<\0"sv, "\0<"sv}) {
        if (bytes.starts_with(start)) return true;
    }
    return trimmed(bytes).starts_with('<');
}

PullReader::PullReader(std::string_view bytes) {
    // Several threads read documents, and the first one would set libxml2 up.
    static bool const set_up = (xmlInitParser(), true);
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    bytes = trimmed(bytes);
    bool const readable = set_up && bytes.size() <= std::size_t{std::numeric_limits<int>::max()};
    if (readable)
        reader_.reset(
            xmlReaderForMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr, kOptions)
        );
    intact_ = reader_ != nullptr;
}

void PullReader::Free::operator()(_xmlTextReader* reader) const { xmlFreeTextReader(reader); }

bool PullReader::next_element() {
    on_element_ = false;
    if (!intact_) return false;
    int read = 1;
    while (read == 1 && !on_element_) {
        read = xmlTextReaderRead(reader_.get());
        on_element_ = read == 1 && xmlTextReaderNodeType(reader_.get()) == XML_READER_TYPE_ELEMENT;
    }
    intact_ = read >= 0;
    return on_element_;
}

bool PullReader::next_outside() {
    int const outside = depth();
    while (next_element() && depth() > outside) continue;
    return on_element_;
}

int PullReader::depth() const { return xmlTextReaderDepth(reader_.get()); }
std::string_view PullReader::name() const { return text(xmlTextReaderConstLocalName(reader_.get())); }
std::string_view PullReader::space() const { return text(xmlTextReaderConstNamespaceUri(reader_.get())); }

// Not by xmlTextReaderGetAttribute(), which expands the entities in it, and theirs, without a bound.
std::string PullReader::attribute(std::string_view name) const {
    xmlNode const* const element = xmlTextReaderCurrentNode(reader_.get());
    if (element == nullptr || element->type != XML_ELEMENT_NODE) return {};
    for (xmlAttr const* one = element->properties; one != nullptr; one = one->next) {
        if (one->ns != nullptr || text(one->name) != name) continue;
        std::string value;
        for (xmlNode const* part = one->children; part != nullptr; part = part->next) {
            if (part->type != XML_TEXT_NODE) return {};
            value += text(part->content);
        }
        return value;
    }
    return {};
}

std::string PullReader::content() const { return taken(xmlTextReaderReadString(reader_.get())); }

}  // namespace tributary::fhir::xml
