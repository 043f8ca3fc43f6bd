#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/resources/bundle.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::api {

/// The control parameters of a search (document-sharing F.8), taken out of its parameters.
struct SearchControl {
    std::size_t count = 50, offset = 0;
    bool count_only = false;  ///< _summary=count or _count=0
    std::string sort;         ///< as written, "" none
};
/// Errors: invalid. _format, _pretty and _total are taken and have no effect here.
Result<SearchControl> take_control(
    std::vector<fhir::search::Parameter>& parameters, std::size_t page, std::size_t most
);
/// Where nothing is sorted _sort is a parameter like any other that is not offered: put back among them.
void put_back_sort(SearchControl& control, std::vector<fhir::search::Parameter>& parameters);

/// self names exactly what was used; next and previous by offset. `parameters`: those that were used, without control.
fhir::SearchsetLinks page_links(
    std::string const& url,
    std::vector<fhir::search::Parameter> parameters,
    SearchControl const& control,
    std::size_t total
);

/// Parameters that are not offered: with handling=strict a Failure each, else one outcome entry that names them.
std::vector<Failure> unknown_parameters(
    std::vector<fhir::search::Parameter> const& unknown, std::string_view type
);
/// An OperationOutcome about the search itself.
fhir::SearchsetEntry outcome_entry(fhir::json::Value outcome);
/// The outcome entry that names what was ignored.
fhir::SearchsetEntry ignored_entry(std::vector<Failure> const& ignored);

}  // namespace tributary::api
