// Criteria of a Subscription: whatever is accepted names a patient or a filter, and is rendered and read again alike.

#include "fhir/search/document_search.hpp"
#include "fhir/search/parameter.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace search = tributary::fhir::search;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::string_view kBase = "https://orchestrator.example.org/fhir";
    auto const reading =
        search::read_criteria(tributary::fuzz::text_of(data, size), "Subscription.criteria", kBase);
    if (!reading.problems.empty()) return 0;
    auto const& filters = reading.search.filters;
    auto const again = search::parse_query(search::render(filters));
    tributary::fuzz::expect(again && *again == filters, "filters that were rendered are read again");
    return 0;
}
