#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cache/database.hpp"
#include "cache/entry_row.hpp"

namespace tributary::cache {

/// relatesTo: which entries point at which, whichever of them became known first. Targets are named by the partner's own id or by an identifier.
/// Source: document-sharing D.1, D.3 (pending edges).
class Relations {
public:
    explicit Relations(Database& database) : database_(database) {}

    struct Edge {
        std::int64_t entry = 0, document = 0;  ///< the side that points
        std::string code;                      ///< replaces, transforms, signs, appends
    };
    /// Settled entries of that Person that point at this one.
    std::vector<Edge> pointing_at(EntryRow const& entry, std::int64_t person);
    /// Settled entries of that Person that this relation of the entry points at.
    std::vector<std::int64_t> targets(
        EntryRow const& entry, fhir::RelatesTo const& relation, std::int64_t person
    );
    /// Settled entries of that Person that go by this normalised identifier.
    std::vector<std::int64_t> known_as(std::string const& key, std::int64_t person);

    /// What the entry points at and what it goes by, in place of what was stored.
    void store(EntryRow const& entry);

private:
    Database& database_;
};

}  // namespace tributary::cache
