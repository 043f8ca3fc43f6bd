#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/value.hpp"

namespace tributary::fhir {

// FHIR R4 data types, read leniently: what has the wrong type counts as absent. Empty text: absent.

struct Coding {
    std::string system, code, display;
    bool operator==(Coding const&) const = default;
};
struct Identifier {
    std::string use, type, system,
        value;  ///< type: uniqueId or entryUUID where one of its codings says so, else the code of the first
    bool operator==(Identifier const&) const = default;
};
struct HumanName {
    std::string use, text, family;
    std::vector<std::string> given, prefix, suffix;
};
struct ContactPoint {
    std::string system, value, use;
};
struct Address {
    std::string text, city, district, state, postal_code, country;
    std::vector<std::string> line;
};
struct Reference {
    std::string reference, type, display;
    std::optional<Identifier> identifier;
};
struct Period {
    std::string start, end;
};
struct Meta {
    std::string version_id, last_updated;
};

Coding read_coding(json::Value const& value);
std::vector<Coding> read_concept(json::Value const* value);           ///< CodeableConcept: its codings
std::vector<Coding> read_concepts(json::Value::Array const& values);  ///< CodeableConcept[]: all codings
Identifier read_identifier(json::Value const& value);
std::vector<Identifier> read_identifiers(json::Value::Array const& values);
HumanName read_human_name(json::Value const& value);
ContactPoint read_contact_point(json::Value const& value);
Address read_address(json::Value const& value);
Reference read_reference(json::Value const* value);
Period read_period(json::Value const* value);
Meta read_meta(json::Value const& resource);

/// "Patient" of "http://x/fhir/Patient/12/_history/3", "" where it has no such form.
std::string_view reference_type(std::string_view reference);
/// "12" of the same; of "12" itself too.
std::string_view reference_id(std::string_view reference);
/// With a scheme: a URL or a URN.
bool is_absolute(std::string_view reference);
/// [A-Za-z0-9\-\.]{1,64}
bool is_id(std::string_view text);
/// [A-Z][A-Za-z]+, whether or not there is such a type.
bool is_type_name(std::string_view text);

}  // namespace tributary::fhir
