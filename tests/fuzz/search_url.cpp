// The query of a search: what is read, and rendered for a link, is read again alike, and every parameter is taken or told.

#include <algorithm>

#include "fhir/search/document_search.hpp"
#include "fhir/search/parameter.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace search = tributary::fhir::search;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const parameters = search::parse_query(tributary::fuzz::text_of(data, size));
    if (!parameters) return 0;
    auto const named = std::all_of(parameters->begin(), parameters->end(), [](auto const& parameter) {
        return !parameter.name.empty();
    });
    auto const again = search::parse_query(search::render(*parameters));
    tributary::fuzz::expect(again.has_value(), "what was rendered is a query");
    tributary::fuzz::expect(!named || *again == *parameters, "parameters with names are read again alike");
    (void)search::read_document_search(*parameters, "https://orchestrator.example.org/fhir");
    (void)search::read_patient_search(*parameters);
    return 0;
}
