#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tributary::bench {

inline constexpr char kFhirJson[] = "application/fhir+json";
inline constexpr char kCapabilityStatement[] =
    R"({"resourceType":"CapabilityStatement","status":"active","kind":"instance",)"
    R"("fhirVersion":"4.0.1","format":["json"]})";

/// What follows `key` in a query or a form, up to the next '&'; "" nothing.
std::string value_of(std::string_view text, std::string_view key);

/// The answer to a search. `next`: where it goes on, "" nowhere.
std::string bundle(std::string const& entries, std::size_t total, std::string const& next = {});
/// Entries of such an answer by a partner at this base: a patient by his one given name, and one of his documents.
std::string patient_entry(std::string const& base, std::string const& name, std::string const& family);
std::string document_entry(std::string const& base, std::string const& name, std::size_t number);
/// Such a document alone.
std::string document(std::string const& patient, std::string const& id);

}  // namespace tributary::bench
