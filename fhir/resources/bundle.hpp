#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"

namespace tributary::fhir {

enum class SearchMode { match, include, outcome };

struct BundleEntry {
    std::string full_url;
    SearchMode mode = SearchMode::match;
    json::Value resource;          ///< null: none; it is not an object where it cannot be read
    std::string match_grade = {};  ///< certain, probable, possible, certainly-not; "" none (ITI-119)
};
struct Bundle {
    std::string type;
    std::optional<std::uint64_t> total;
    std::string self, next;  ///< links, "" where absent
    std::vector<BundleEntry> entries;
};

/// A partner's searchset (also type "collection" from servers that err). `searched`: the type asked for, which decides a missing search.mode.
/// Source: document-sharing F.1. Errors: protocol when it is no Bundle or its entry no list; for a bare OperationOutcome of severity error or fatal; a bare
/// OperationOutcome below that is an empty Bundle with that entry as outcome.
Result<Bundle> read_searchset(json::Value resource, std::string_view searched);

/// Makes a searchset: bdl invariants of R4 hold (total, no request/response). Entries' resources may be json::Raw.
struct SearchsetEntry {
    std::string full_url;
    json::Value resource;
    SearchMode mode = SearchMode::match;
};
struct SearchsetLinks {
    std::string self, next, previous;
};
json::Value make_searchset(
    std::vector<SearchsetEntry> entries, std::optional<std::uint64_t> total, SearchsetLinks const& links
);

}  // namespace tributary::fhir
