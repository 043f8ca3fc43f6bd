#include "fhir/search/patient_query.hpp"

#include <algorithm>
#include <utility>

#include "fhir/search/comparison.hpp"
#include "fhir/search/question.hpp"

namespace tributary::fhir::search {

namespace {

constexpr char kBetweenValues = '\x1f';
constexpr char kEscape = '\x1d';

/// Apps write none of the three, but demographics that a partner serves may have any character.
std::string without_separators(std::string_view value) {
    constexpr char kPrintable = 0x40;
    std::string out;
    for (char const c : value) {
        bool const ours = c == kBetweenValues || c == kBetweenParameters || c == kEscape;
        if (ours) out += kEscape;
        out += ours ? static_cast<char>(c ^ kPrintable) : c;
    }
    return out;
}

/// Order counts only among repeated given names: the first one asked for is the first name.
bool precedes(std::string const& a, std::string const& b) {
    auto const name_of = [](std::string const& text) {
        return std::string_view(text).substr(0, text.find('='));
    };
    if (name_of(a) == "given" && name_of(b) == "given") return false;
    return a < b;
}

std::string key_of(Parameter const& parameter) {
    auto text = parameter.name + (parameter.modifier.empty() ? "" : ':' + parameter.modifier) + '=';
    auto const* row = find_row(patient_table(), parameter.name);
    auto const type = row == nullptr ? Type::string : row->type;
    std::vector<std::string> values;
    for (auto const& value : parameter.values)
        values.push_back(without_separators(comparison_form(type, parameter, value)));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (auto const& value : values) text += value + kBetweenValues;
    return text;
}

}  // namespace

std::string PatientQuery::key() const {
    std::vector<std::string> parts;
    for (auto const& parameter : parameters) {
        auto part = key_of(parameter);
        if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
    }
    std::stable_sort(parts.begin(), parts.end(), precedes);
    auto ids = references;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::string key;
    for (auto const& part : parts) key += part + kBetweenParameters;
    for (auto const& id : ids) key += '#' + id + kBetweenValues;
    return key;
}

std::string PatientQuery::demographics() const {
    std::vector<Parameter> sent;
    for (auto const& parameter : parameters) {
        bool const understood = parameter.modifier.empty() || parameter.modifier == "exact";
        if (understood && parameter.name != "_id") sent.push_back(parameter);
    }
    return render(sent);
}

}  // namespace tributary::fhir::search
