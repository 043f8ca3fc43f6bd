#include "fhir/resources/identifier_key.hpp"

#include <algorithm>
#include <array>

#include "fhir/base/ascii.hpp"

namespace tributary::fhir {

namespace {

constexpr std::string_view kUriSystem = "urn:ietf:rfc:3986";
constexpr std::string_view kOidPrefix = "urn:oid:";
constexpr std::string_view kUuidPrefix = "urn:uuid:";

/// 1.2.840: digits in at least two arcs.
bool is_oid(std::string_view text) {
    if (text.find('.') == std::string_view::npos || !ascii::is_digit(text.front()) ||
        !ascii::is_digit(text.back()))
        return false;
    char before = '0';
    for (char const c : text) {
        if (!ascii::is_digit(c) && (c != '.' || before == '.')) return false;
        before = c;
    }
    return true;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        auto const c = text[i];
        bool const hex = ascii::is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

/// urn:oid:1.2 and urn:uuid:… in lower case, a bare OID or UUID with its prefix, anything else as it is.
std::string normalised_uri(std::string_view text) {
    text = ascii::trim(text, ascii::kSpace);
    auto const small = ascii::lower(text);
    if (small.starts_with(kOidPrefix))
        return small.substr(0, kOidPrefix.size()) + std::string(text.substr(kOidPrefix.size()));
    if (small.starts_with(kUuidPrefix) || small == kUriSystem) return small;
    if (!text.empty() && is_oid(text)) return std::string(kOidPrefix) + std::string(text);
    if (is_uuid(text)) return std::string(kUuidPrefix) + small;
    return std::string(text);
}

bool is_urn(std::string_view uri) { return uri.starts_with(kOidPrefix) || uri.starts_with(kUuidPrefix); }

/// root^extension, where the root is an OID or a UUID: true, and taken apart.
bool split_instance(Identifier& identifier) {
    auto const caret = identifier.value.find('^');
    if (caret == std::string::npos) return false;
    auto root = normalised_uri(std::string_view(identifier.value).substr(0, caret));
    if (!is_urn(root)) return false;
    auto extension =
        std::string(ascii::trim(std::string_view(identifier.value).substr(caret + 1), ascii::kSpace));
    identifier.system = extension.empty() ? std::string(kUriSystem) : root;
    identifier.value = extension.empty() ? std::move(root) : std::move(extension);
    return true;
}

struct CodeSystemAlias {
    std::string_view oid, uri;
};
constexpr std::array kCodeSystems{
    CodeSystemAlias{"urn:oid:2.16.840.1.113883.6.1", "http://loinc.org"},
    CodeSystemAlias{"urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/sct"},
    CodeSystemAlias{"urn:oid:2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10-cm"},
    CodeSystemAlias{"urn:oid:2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm"}
};

}  // namespace

Identifier normalised_identifier(Identifier identifier) {
    identifier.system = normalised_uri(identifier.system);
    identifier.value = ascii::trim(identifier.value, ascii::kSpace);
    if (identifier.system == kUriSystem || identifier.system.empty()) {
        if (split_instance(identifier)) return identifier;
        auto uri = normalised_uri(identifier.value);
        if (identifier.system.empty() && !is_urn(uri)) return identifier;
        identifier.system = kUriSystem;
        identifier.value = std::move(uri);
    }
    return identifier;
}

std::string identifier_key(Identifier const& identifier) {
    auto const normal = normalised_identifier(identifier);
    return normal.value.empty() ? std::string() : normal.system + '|' + normal.value;
}

std::string_view normalised_code_system(std::string_view system) {
    auto const alias = std::find_if(kCodeSystems.begin(), kCodeSystems.end(), [&](auto const& known) {
        return known.oid == system;
    });
    return alias == kCodeSystems.end() ? system : alias->uri;
}

}  // namespace tributary::fhir
