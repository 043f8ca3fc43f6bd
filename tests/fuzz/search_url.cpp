// The query of a search: what is understood of it is rendered, as for the link to the next page, and read again alike.

#include "fhir/search/document_search.hpp"
#include "fhir/search/parameter.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace search = tributary::fhir::search;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const parameters = search::parse_query(tributary::fuzz::text_of(data, size));
    if (!parameters) return 0;
    auto const reading = search::read_document_search(*parameters, "https://orchestrator.example.org/fhir");
    auto const patient = search::read_patient_search(*parameters).search.patient.parameters;
    for (auto const& understood : {reading.search.filters, reading.search.patient.parameters, patient}) {
        auto const again = search::parse_query(search::render(understood));
        tributary::fuzz::expect(again && *again == understood, "what is understood is read again alike");
    }
    return 0;
}
