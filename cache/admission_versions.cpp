#include <deque>

#include "cache/admission.hpp"

namespace tributary::cache {

namespace {

using fhir::identity::Verdict;

// Of a walk along relations: what lies beyond is not looked for, whatever a partner lists.
constexpr std::size_t kDocuments = 100;
constexpr std::size_t kRelations = 1000;

}  // namespace

void Admission::judge_versions(
    Verdict found,
    EntryRow const& known,
    EntryRow const& entry,
    std::int64_t person,
    Placement& placement,
    Walks& walks
) {
    bool const newer = found == Verdict::new_version || found == Verdict::implicit_new_version;
    bool const older = found == Verdict::older_version || found == Verdict::implicit_older_version;
    if (!newer && !older) return;
    bool const implicit = found == Verdict::implicit_new_version || found == Verdict::implicit_older_version;
    auto const how = implicit ? Superseded::inferred : Superseded::stated;
    auto const& replacing = newer ? entry : known;
    if (replacing.retracted()) return;
    if (!implicit && leads_back(known, entry, newer, person, walks)) {
        ++admitted_.cycles;
        return;
    }
    if (newer) {
        placement.older.push_back({known.document, how});
    } else if (placement.superseded != Superseded::stated) {
        placement.superseded = how;
    }
}

/// Does the older one replace the newer one, at some remove?
bool Admission::leads_back(
    EntryRow const& known, EntryRow const& entry, bool newer, std::int64_t person, Walks& walks
) {
    auto& walk = newer ? walks.replacing : walks.replaced;
    if (!walk) walk = newer ? replacing(entry, person) : replaced(entry, person);
    return walk->contains(known.document);
}

/// Documents that replace what the entry describes, at any remove.
std::set<std::int64_t> Admission::replacing(EntryRow const& entry, std::int64_t person) {
    std::set<std::int64_t> found;
    std::size_t relations = 0;
    std::deque<EntryRow> open{entry};
    while (!open.empty() && found.size() < kDocuments && relations < kRelations) {
        auto const replaced = std::move(open.front());
        open.pop_front();
        for (auto const& edge : rooms_.entries.relations().pointing_at(replaced, person)) {
            ++relations;
            if (edge.code != "replaces" || !found.insert(edge.document).second) continue;
            for (auto const holder : rooms_.entries.of_document(edge.document, false))
                open.push_back(rooms_.entries.load(holder));
        }
    }
    return found;
}

/// Documents that the entry replaces, at any remove.
std::set<std::int64_t> Admission::replaced(EntryRow const& entry, std::int64_t person) {
    std::set<std::int64_t> found;
    std::size_t relations = 0;
    std::deque<EntryRow> open;
    auto const add_holders = [&](std::int64_t document) {
        for (auto const holder : rooms_.entries.of_document(document, false))
            open.push_back(rooms_.entries.load(holder));
    };
    if (entry.document != 0 && !entry.provisional) {
        add_holders(entry.document);
    } else {  // nothing points from it yet but what it says itself
        for (auto const document : replaced_by(entry, person)) add_holders(document);
    }
    while (!open.empty() && found.size() < kDocuments && relations < kRelations) {
        auto const replacing = std::move(open.front());
        open.pop_front();
        for (auto const document : replaced_by(replacing, person)) {
            ++relations;
            if (found.insert(document).second) add_holders(document);
        }
    }
    return found;
}

/// Documents that the entry replaces by what it says.
std::vector<std::int64_t> Admission::replaced_by(EntryRow const& entry, std::int64_t person) {
    std::vector<std::int64_t> documents;
    for (auto const& relation : entry.reference.relates_to) {
        if (relation.code != "replaces") continue;
        for (auto const target : rooms_.entries.relations().targets(entry, relation, person))
            documents.push_back(rooms_.entries.document_of(target));
    }
    return documents;
}

}  // namespace tributary::cache
