#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"

namespace tributary::fhir::search {

enum class Type {
    string,
    token,       ///< codes and codings
    identifier,  ///< a token too, compared by its normalised form (document-sharing D.2)
    date,
    reference,
};
/// As in SearchParameter.type.
std::string_view name_of(Type type);

/// What a resource holds for one search parameter. Only the list of the parameter's type is filled; a date is a Period that starts and ends with it.
struct Values {
    std::vector<std::string> strings;
    std::vector<Coding> tokens;
    std::vector<Period> dates;
    std::vector<Reference> references;

    bool empty() const { return strings.empty() && tokens.empty() && dates.empty() && references.empty(); }
};

/// One search parameter: its name, its type, how its values are taken out of the resource, and where it is defined.
template <class Resource>
struct Row {
    std::string_view name;
    Type type;
    void (*collect)(Resource const&, Values&);
    std::string_view definition;  ///< a URL, or the name of one of R4's own SearchParameters; "" for none
};

std::span<Row<DocumentReference> const> document_table();
std::span<Row<Patient> const> patient_table();

template <class Resource>
Row<Resource> const* find_row(std::span<Row<Resource> const> table, std::string_view name) {
    for (auto const& row : table) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

}  // namespace tributary::fhir::search
