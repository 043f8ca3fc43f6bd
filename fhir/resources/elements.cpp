#include "fhir/resources/elements.hpp"

#include <algorithm>

#include "fhir/base/ascii.hpp"

namespace tributary::fhir {

namespace {

/// The value itself, or the first item where a server sends a list in place of one.
json::Value const* single(json::Value const* value) {
    if (value == nullptr || !value->is_array()) return value;
    return value->items().empty() ? nullptr : &value->items().front();
}

std::vector<std::string> read_strings(json::Value::Array const& values) {
    std::vector<std::string> strings;
    for (auto const& value : values) {
        if (!value.text().empty()) strings.emplace_back(value.text());
    }
    return strings;
}

/// Without the version and a slash at the end.
std::string_view plain_reference(std::string_view reference) {
    reference = reference.substr(0, reference.find("/_history/"));
    while (reference.ends_with('/')) reference.remove_suffix(1);
    return reference;
}

}  // namespace

Coding read_coding(json::Value const& value) {
    return {
        std::string(value.text("system")), std::string(value.text("code")), std::string(value.text("display"))
    };
}

std::vector<Coding> read_concept(json::Value const* value) {
    std::vector<Coding> codings;
    value = single(value);
    if (value == nullptr) return codings;
    for (auto const& item : value->items("coding")) {
        auto coding = read_coding(item);
        if (!coding.code.empty() || !coding.system.empty()) codings.push_back(std::move(coding));
    }
    return codings;
}

std::vector<Coding> read_concepts(json::Value::Array const& values) {
    std::vector<Coding> codings;
    for (auto const& value : values) {
        auto more = read_concept(&value);
        codings.insert(
            codings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
        );
    }
    return codings;
}

Identifier read_identifier(json::Value const& value) {
    auto const types = read_concept(value.find("type"));
    auto const of_document = std::find_if(types.begin(), types.end(), [](Coding const& coding) {
        return coding.code == "uniqueId" || coding.code == "entryUUID";
    });
    auto const type = of_document == types.end() ? types.begin() : of_document;
    return {
        std::string(value.text("use")),
        type == types.end() ? std::string() : type->code,
        std::string(value.text("system")),
        std::string(value.text("value"))
    };
}

std::vector<Identifier> read_identifiers(json::Value::Array const& values) {
    std::vector<Identifier> identifiers;
    for (auto const& value : values) {
        auto identifier = read_identifier(value);
        if (!identifier.value.empty()) identifiers.push_back(std::move(identifier));
    }
    return identifiers;
}

HumanName read_human_name(json::Value const& value) {
    auto const* family = single(value.find("family"));
    return {
        std::string(value.text("use")),
        std::string(value.text("text")),
        std::string(family == nullptr ? std::string_view() : family->text()),
        read_strings(value.items("given")),
        read_strings(value.items("prefix")),
        read_strings(value.items("suffix"))
    };
}

ContactPoint read_contact_point(json::Value const& value) {
    return {
        std::string(value.text("system")), std::string(value.text("value")), std::string(value.text("use"))
    };
}

Address read_address(json::Value const& value) {
    return {
        std::string(value.text("text")),
        std::string(value.text("city")),
        std::string(value.text("district")),
        std::string(value.text("state")),
        std::string(value.text("postalCode")),
        std::string(value.text("country")),
        read_strings(value.items("line"))
    };
}

Reference read_reference(json::Value const* value) {
    Reference reference;
    value = single(value);
    if (value == nullptr) return reference;
    reference.reference = value->text("reference");
    reference.type = value->text("type");
    reference.display = value->text("display");
    if (auto const* identifier = value->find("identifier");
        identifier != nullptr && !identifier->text("value").empty()) {
        reference.identifier = read_identifier(*identifier);
    }
    return reference;
}

Period read_period(json::Value const* value) {
    value = single(value);
    if (value == nullptr) return {};
    return {std::string(value->text("start")), std::string(value->text("end"))};
}

Meta read_meta(json::Value const& resource) {
    auto const* meta = resource.find("meta");
    if (meta == nullptr) return {};
    return {std::string(meta->text("versionId")), std::string(meta->text("lastUpdated"))};
}

std::string_view reference_type(std::string_view reference) {
    reference = plain_reference(reference);
    auto const slash = reference.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == reference.size()) return {};
    auto const before = reference.substr(0, slash);
    auto const start = before.rfind('/');
    auto const type = start == std::string_view::npos ? before : before.substr(start + 1);
    return is_type_name(type) ? type : std::string_view();
}

std::string_view reference_id(std::string_view reference) {
    reference = plain_reference(reference);
    if (reference.find('/') == std::string_view::npos)
        return is_id(reference) ? reference : std::string_view();
    if (reference_type(reference).empty()) return {};
    return reference.substr(reference.rfind('/') + 1);
}

bool is_absolute(std::string_view reference) {
    auto const before = reference.substr(0, reference.find_first_of("/?#"));
    return before.find(':') != std::string_view::npos;
}

bool is_id(std::string_view text) {
    auto const allowed = [](char c) {
        return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_type_name(std::string_view text) {
    return text.size() >= 2 && text.front() >= 'A' && text.front() <= 'Z' &&
           std::all_of(text.begin(), text.end(), ascii::is_letter);
}

}  // namespace tributary::fhir
