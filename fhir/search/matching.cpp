#include <algorithm>

#include "fhir/search/comparison.hpp"
#include "fhir/search/document_search.hpp"
#include "fhir/search/table.hpp"

namespace tributary::fhir::search {

namespace {

/// Does one value of the resource fit one of the query?
bool any_fits(Type type, Parameter const& parameter, std::string_view query, Values const& values) {
    switch (type) {
        case Type::string:
            return std::any_of(values.strings.begin(), values.strings.end(), [&](std::string const& value) {
                return string_matches(query, parameter.modifier, value);
            });
        case Type::token:
            return std::any_of(values.tokens.begin(), values.tokens.end(), [&](Coding const& value) {
                return token_matches(query, value);
            });
        case Type::identifier:
            return std::any_of(values.tokens.begin(), values.tokens.end(), [&](Coding const& value) {
                return identifier_matches(query, {"", "", value.system, value.code});
            });
        case Type::date: {
            auto const now = std::chrono::system_clock::now();
            return std::any_of(values.dates.begin(), values.dates.end(), [&](Period const& value) {
                return date_matches(query, value, now);
            });
        }
        case Type::reference:
            return std::any_of(
                values.references.begin(),
                values.references.end(),
                [&](Reference const& value) {
                    if (parameter.modifier != "identifier") return reference_matches(query, value);
                    return value.identifier.has_value() && identifier_matches(query, *value.identifier);
                }
            );
    }
    return false;
}

template <class Resource>
bool row_matches(std::span<Row<Resource> const> table, Parameter const& parameter, Resource const& resource) {
    auto const* row = find_row(table, parameter.name);
    if (row == nullptr) return false;
    Values values;
    row->collect(resource, values);
    if (parameter.modifier == "missing") {
        auto const* const wanted = values.empty() ? "true" : "false";
        return std::find(parameter.values.begin(), parameter.values.end(), wanted) != parameter.values.end();
    }
    bool const fits =
        std::any_of(parameter.values.begin(), parameter.values.end(), [&](std::string const& query) {
            return any_fits(row->type, parameter, query, values);
        });
    return fits != (parameter.modifier == "not");
}

template <class Resource>
bool all_match(std::vector<Parameter> const& parameters, Resource const& resource) {
    return std::all_of(parameters.begin(), parameters.end(), [&](Parameter const& parameter) {
        return matches(parameter, resource);
    });
}

std::string url_of(std::string_view definition) {
    bool const whole = definition.empty() || definition.find("://") != std::string_view::npos;
    return (whole ? "" : "http://hl7.org/fhir/SearchParameter/") + std::string(definition);
}

/// The definitions of a table, and the texts that they point to.
struct Definitions {
    template <class Resource>
    explicit Definitions(std::span<Row<Resource> const> table) {
        urls.reserve(table.size());
        for (auto const& row : table) {
            urls.push_back(url_of(row.definition));
            all.push_back({row.name, name_of(row.type), urls.back()});
        }
    }
    std::vector<std::string> urls;
    std::vector<Definition> all;
};

}  // namespace

std::string_view name_of(Type type) {
    switch (type) {
        case Type::string:
            return "string";
        case Type::token:
        case Type::identifier:
            return "token";
        case Type::date:
            return "date";
        case Type::reference:
            return "reference";
    }
    return "string";
}

bool matches(Parameter const& parameter, DocumentReference const& document) {
    return row_matches(document_table(), parameter, document);
}
bool matches(Parameter const& parameter, Patient const& patient) {
    return row_matches(patient_table(), parameter, patient);
}
bool matches_all(std::vector<Parameter> const& parameters, DocumentReference const& document) {
    return all_match(parameters, document);
}
bool matches_all(std::vector<Parameter> const& parameters, Patient const& patient) {
    return all_match(parameters, patient);
}

std::vector<Definition> const& document_reference_parameters() {
    static Definitions const definitions(document_table());
    return definitions.all;
}
std::vector<Definition> const& patient_parameters() {
    static Definitions const definitions(patient_table());
    return definitions.all;
}

}  // namespace tributary::fhir::search
