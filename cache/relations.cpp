#include "cache/relations.hpp"

#include <algorithm>
#include <set>

#include "cache/statements.hpp"
#include "fhir/identity/document_identity.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;

constexpr char kInsert[] = "INSERT INTO relation(entry, code, target) VALUES(?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kDrop[] = "DELETE FROM relation WHERE entry = ?";
constexpr char kInsertIdentifier[] =
    "INSERT INTO entry_identifier(key, entry) VALUES(?, ?) ON CONFLICT DO NOTHING";
constexpr char kDropIdentifiers[] = "DELETE FROM entry_identifier WHERE entry = ?";
constexpr char kPointing[] =
    "SELECT r.entry, e.document, r.code FROM relation r JOIN entry e ON e.sequence = r.entry "
    "JOIN document d ON d.sequence = e.document "
    "WHERE r.target = ? AND e.provisional = 0 AND d.person = ? ORDER BY r.entry LIMIT 200";
constexpr char kByRemoteId[] =
    "SELECT e.sequence FROM entry e JOIN document d ON d.sequence = e.document "
    "WHERE e.scope = ? AND e.partner = ? AND e.remote_id = ? AND e.provisional = 0 AND d.person = ?";
constexpr char kByIdentifier[] =
    "SELECT e.sequence FROM entry_identifier i JOIN entry e ON e.sequence = i.entry "
    "JOIN document d ON d.sequence = e.document "
    "WHERE i.key = ? AND e.provisional = 0 AND d.person = ? ORDER BY e.sequence LIMIT 200";

constexpr char const* kStatements[] = {
    kInsert, kDrop, kInsertIdentifier, kDropIdentifiers, kPointing, kByRemoteId, kByIdentifier
};

std::string by_id(std::string_view partner, std::string_view remote_id) {
    return "r|" + std::string(partner) + "|" + std::string(remote_id);
}
std::string by_identifier(std::string_view key) { return "i|" + std::string(key); }

/// Without a system it means something at its partner only.
std::string scoped(EntryRow const& entry, std::string key) {
    return key.starts_with('|') ? entry.partner + key : key;
}

/// Its uniqueId and all its other identifiers.
std::set<std::string> identifiers(EntryRow const& entry) {
    std::set<std::string> keys{scoped(entry, identity::unique_id(entry.reference))};
    for (auto const& identifier : entry.reference.identifiers)
        keys.insert(scoped(entry, identity::normalised(identifier)));
    keys.erase(std::string());
    return keys;
}

/// What a relation may point at; empty where it says nothing usable, or means its own entry.
std::vector<std::string> target_keys(EntryRow const& entry, fhir::RelatesTo const& relation) {
    std::vector<std::string> keys;
    auto const id = identity::own_target(relation.target);
    if (!id.empty() && id != entry.remote_id) keys.push_back(by_id(entry.partner, id));
    if (relation.target.identifier) {
        auto const key = scoped(entry, identity::normalised(*relation.target.identifier));
        if (!key.empty() && !identifiers(entry).contains(key)) keys.push_back(by_identifier(key));
    }
    return keys;
}

}  // namespace

std::span<char const* const> relation_statements() { return kStatements; }

void Relations::store(EntryRow const& entry) {
    database_.run(kDrop, entry.sequence);
    database_.run(kDropIdentifiers, entry.sequence);
    for (auto const& relation : entry.reference.relates_to) {
        for (auto const& target : target_keys(entry, relation))
            database_.run(kInsert, entry.sequence, relation.code, target);
    }
    for (auto const& key : identifiers(entry)) database_.run(kInsertIdentifier, key, entry.sequence);
}

std::vector<Relations::Edge> Relations::pointing_at(EntryRow const& entry, std::int64_t person) {
    std::vector<Edge> edges;
    auto const collect = [&](std::string const& target) {
        auto row = database_.query(kPointing, target, person);
        while (row.next()) {
            if (row.integer(0) != entry.sequence)
                edges.push_back({row.integer(0), row.integer(1), row.text(2)});
        }
    };
    collect(by_id(entry.partner, entry.remote_id));
    for (auto const& key : identifiers(entry)) collect(by_identifier(key));
    return edges;
}

std::vector<std::int64_t> Relations::targets(
    EntryRow const& entry, fhir::RelatesTo const& relation, std::int64_t person
) {
    std::vector<std::int64_t> found;
    auto const id = identity::own_target(relation.target);
    if (!id.empty() && id != entry.remote_id)
        found = database_.query(kByRemoteId, entry.scope, entry.partner, id, person).integers();
    if (!relation.target.identifier) return found;
    auto const key = scoped(entry, identity::normalised(*relation.target.identifier));
    if (key.empty() || identifiers(entry).contains(key)) return found;
    auto const named = known_as(key, person);
    found.insert(found.end(), named.begin(), named.end());
    return found;
}

std::vector<std::int64_t> Relations::known_as(std::string const& key, std::int64_t person) {
    return database_.query(kByIdentifier, key, person).integers();
}

}  // namespace tributary::cache
