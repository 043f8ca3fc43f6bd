#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/behaviour.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

/// A resource found, as JSON text.
struct Found {
    std::string_view type;
    std::string id, text;
    fhir::json::Value search;  ///< entry.search where it is more than the mode
};
/// One page of an answer.
struct Searchset {
    std::string self, next;  ///< links; next "": none
    std::size_t total = 0;
    std::vector<Found> matches;
};

/// The Bundle in the shape of the community's family: Epic answers nothing by an outcome entry, Cerner leaves out the mode, Microsoft puts the next link
/// first; not all give a total.
fhir::json::Value to_bundle(Searchset searchset, std::string_view base, Behaviour const& behaviour);

/// The query parameter in which the family's page links carry their cursor.
std::string_view page_parameter(Family family);

}  // namespace tributary::simulator
