#pragma once
#include <string>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

// What a folder of test data holds, before it is spread over communities.

struct SourceDocument {
    std::string key;       ///< names it among all documents: a path, or a path and an id
    Document document;     ///< with one content, as it was made; without ids, and not yet anywhere
    std::string inner_id;  ///< what the bytes say of themselves (id, set and version); "": nothing
};

struct SourcePerson {
    std::string key;  ///< "Newman, Alice"
    Patient patient;  ///< without id and identifiers
    std::vector<std::string>
        birth_dates;          ///< as often as documents tell them; more than one where they differ
    std::string maiden_name;  ///< "": none known
    std::vector<SourceDocument> documents;
};

/// Persons in the order of their keys, documents in that of theirs.
struct SourceData {
    std::vector<SourcePerson> persons;
};

}  // namespace tributary::simulator
