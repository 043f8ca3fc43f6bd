#include "orchestrator/pipeline/body_identity.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "fhir/json/reader.hpp"
#include "fhir/resources/elements.hpp"

namespace tributary::pipeline {

namespace {

constexpr std::size_t kHeader = 64 * 1024;              // ids stand at its very beginning
constexpr std::size_t kBundle = std::size_t{8} << 20U;  // of a FHIR document that is looked into

std::string_view local_name(std::string_view tag) {
    auto const name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
    auto const colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string attribute(std::string_view tag, std::string_view name) {
    for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
        bool const alone = at > 0 && std::string_view(" \t\r\n").find(tag[at - 1]) != std::string_view::npos;
        auto const equals = tag.find_first_not_of(" \t\r\n", at + name.size());
        if (!alone || equals == std::string_view::npos || tag[equals] != '=') continue;
        auto const open = tag.find_first_of("\"'", equals);
        auto const close = open == std::string_view::npos ? open : tag.find(tag[open], open + 1);
        return close == std::string_view::npos ? std::string()
                                               : std::string(tag.substr(open + 1, close - open - 1));
    }
    return {};
}

std::string instance_identifier(std::string_view tag) {
    auto id = attribute(tag, "root");
    auto const extension = attribute(tag, "extension");
    if (!id.empty() && !extension.empty()) id.append("^").append(extension);
    return id;
}

/// Children of ClinicalDocument up to the first participant.
void read_cda_header(std::string_view text, fhir::identity::BodyIdentity& identity) {
    int depth = 0;
    for (auto open = text.find('<'); open != std::string_view::npos; open = text.find('<', open + 1)) {
        auto const close = text.find('>', open);
        if (close == std::string_view::npos) return;
        auto const tag = text.substr(open + 1, close - open - 1);
        if (tag.starts_with('?') || tag.starts_with('!')) continue;
        if (tag.starts_with('/')) {
            --depth;
            continue;
        }
        auto const name = local_name(tag);
        if (depth == 0 && name != "ClinicalDocument") return;
        if (depth == 1 && name == "id" && identity.document_id.empty())
            identity.document_id = instance_identifier(tag);
        if (depth == 1 && name == "setId") identity.set_id = instance_identifier(tag);
        if (depth == 1 && name == "versionNumber") {
            auto const value = attribute(tag, "value");
            std::int64_t number = 0;
            auto const read = std::from_chars(value.data(), value.data() + value.size(), number);
            if (read.ec == std::errc() && read.ptr == value.data() + value.size())
                identity.version_number = number;
        }
        if (depth == 1 && (name == "recordTarget" || name == "author" || name == "component")) return;
        if (!tag.ends_with('/')) ++depth;
    }
}

void read_bundle(std::string_view bytes, fhir::identity::BodyIdentity& identity) {
    auto const resource = fhir::json::read(bytes);
    if (!resource || resource->text("resourceType") != "Bundle") return;
    auto const* value = resource->find("identifier");
    if (value == nullptr) return;
    auto const identifier = fhir::read_identifier(*value);
    if (!identifier.value.empty()) identity.document_id = fhir::identity::normalised(identifier);
}

}  // namespace

fhir::identity::BodyIdentity read_body_identity(std::string_view bytes) {
    fhir::identity::BodyIdentity identity;
    auto const start = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (start == std::string_view::npos) return identity;
    if (bytes[start] == '<') read_cda_header(bytes.substr(start, kHeader), identity);
    if (bytes[start] == '{' && bytes.size() <= kBundle) read_bundle(bytes, identity);
    return identity;
}

}  // namespace tributary::pipeline
