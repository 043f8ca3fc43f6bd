#include "cache/document_search.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "cache/statements.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/search/document_search.hpp"

namespace tributary::cache {

namespace {

// A copy that is held back leads to what it is a copy of.
constexpr char kOfPatient[] =
    "SELECT document FROM entry WHERE patient = ? AND (provisional = 0 OR json_extract(resource, "
    "'$.status') <> 'entered-in-error')";
constexpr char kById[] = "SELECT sequence FROM document WHERE id = ? AND scope = ?";
constexpr char kByIndex[] = "SELECT document FROM document_index WHERE parameter = ? AND value = ?";
constexpr char kAll[] = "SELECT sequence FROM document WHERE scope = ? AND sequence > 0 LIMIT ?";
constexpr char kCandidate[] =
    "SELECT k.status, k.date_from, k.last_updated, v.resource, d.id, d.alias_of IS NOT NULL FROM document d "
    "JOIN document k ON k.sequence = coalesce(d.alias_of, d.sequence) "
    "JOIN document_version v ON v.document = k.sequence AND v.version = k.version "
    "WHERE d.sequence = ? AND d.scope = ?";
constexpr char kStored[] =
    "SELECT k.id, k.version, v.last_updated, v.resource, d.id FROM document d "
    "JOIN document k ON k.sequence = coalesce(d.alias_of, d.sequence) "
    "JOIN document_version v ON v.document = k.sequence AND v.version = k.version WHERE d.sequence = ?";

constexpr char const* kStatements[] = {kOfPatient, kById, kByIndex, kAll, kCandidate, kStored};

/// Parameters with rows in the index, the most telling first.
constexpr std::array<std::string_view, 7> kIndexed{
    "identifier", "event", "facility", "setting", "security-label", "type", "category"
};

/// The keys of all values; empty where one of them ("system|", any code of a system) narrows nothing.
std::vector<std::string> narrowing_keys(fhir::search::Parameter const& parameter) {
    std::vector<std::string> keys;
    if (!parameter.modifier.empty()) return keys;
    for (auto const& value : parameter.values) {
        auto key = index_key(value);
        if (key.empty()) return {};
        keys.push_back(std::move(key));
    }
    return keys;
}

fhir::search::Parameter const* find(DocumentSearchRequest const& request, std::string_view name) {
    auto const& filters = request.search.filters;
    auto const found =
        std::find_if(filters.begin(), filters.end(), [&](auto const& p) { return p.name == name; });
    return found == filters.end() ? nullptr : &*found;
}

/// The ids that are asked for, nullptr where others may be found, too.
fhir::search::Parameter const* find_ids(DocumentSearchRequest const& request) {
    auto const* const ids = find(request, "_id");
    return ids != nullptr && ids->modifier.empty() ? ids : nullptr;
}

}  // namespace

std::span<char const* const> search_statements() { return kStatements; }

std::optional<std::vector<std::int64_t>> DocumentQueries::by_patient(DocumentSearchRequest const& request) {
    if (request.search.patient.empty()) return std::nullopt;
    subscriptions::Plan plan;
    plan.search = request.search;
    std::vector<std::int64_t> found;
    for (auto const& patient : patients_.found(request.scope, plan)) {
        auto row = database_.query(kOfPatient, patient->sequence);
        while (row.next()) found.push_back(row.integer(0));
    }
    return found;
}

std::optional<std::vector<std::int64_t>> DocumentQueries::by_filter(DocumentSearchRequest const& request) {
    std::vector<std::int64_t> found;
    auto const collect = [&](Statement row) {
        while (row.next()) found.push_back(row.integer(0));
    };
    if (auto const* const ids = find_ids(request)) {
        for (auto const& id : ids->values) collect(database_.query(kById, id, request.scope));
        return found;
    }
    for (auto const name : kIndexed) {
        auto const* const parameter = find(request, name);
        if (parameter == nullptr) continue;
        auto const keys = narrowing_keys(*parameter);
        if (keys.empty()) continue;
        for (auto const& key : keys) collect(database_.query(kByIndex, name, key));
        return found;
    }
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> DocumentQueries::candidates(DocumentSearchRequest const& request) {
    auto const most = settings_.search_candidates;
    if (patients_.are_more_than(most, request.scope, request.search.patient)) return std::nullopt;
    auto found = by_patient(request);
    if (!found) found = by_filter(request);
    if (!found) {
        found.emplace();
        auto row = database_.query(kAll, request.scope, most + 1);
        while (row.next()) found->push_back(row.integer(0));
    }
    std::sort(found->begin(), found->end());
    found->erase(std::unique(found->begin(), found->end()), found->end());
    if (found->size() > most) return std::nullopt;
    return found;
}

std::optional<DocumentQueries::Hit> DocumentQueries::match(
    std::int64_t candidate, DocumentSearchRequest const& request, bool retracted
) {
    auto row = database_.query(kCandidate, candidate, request.scope);
    if (!row.next()) return std::nullopt;
    if (!retracted && row.text(0) == "entered-in-error") return std::nullopt;
    bool const alias = row.integer(5) != 0;
    if (alias && find_ids(request) == nullptr) return std::nullopt;  // found by its name alone
    Hit const hit{
        candidate, row.is_null(1) ? std::numeric_limits<std::int64_t>::min() : row.integer(1), row.integer(2)
    };
    if (request.search.filters.empty()) return hit;
    auto resource = fhir::json::read(row.text(3));
    if (!resource) return std::nullopt;
    if (alias) resource->set("id", row.text(4));
    auto const document = fhir::read_document_reference(std::move(*resource));
    if (!document || !fhir::search::matches_all(request.search.filters, *document)) return std::nullopt;
    return hit;
}

ResourcePage DocumentQueries::search(DocumentSearchRequest const& request) {
    bool const asks_for_status = find(request, "status") != nullptr;
    ResourcePage page;
    auto const looked_at = candidates(request);
    if (!looked_at) {
        page.too_costly = true;
        return page;
    }
    std::vector<Hit> hits;
    for (auto const candidate : *looked_at) {
        if (auto const hit = match(candidate, request, asks_for_status)) hits.push_back(*hit);
    }
    auto const key = [&](Hit const& hit) {
        switch (request.sort) {
            case SortKey::date:
                return hit.date;
            case SortKey::last_updated:
                return hit.last_updated;
            case SortKey::sequence:
                break;
        }
        return hit.sequence;
    };
    std::stable_sort(hits.begin(), hits.end(), [&](Hit const& a, Hit const& b) {
        return request.descending ? key(a) > key(b) : key(a) < key(b);
    });
    page.total = hits.size();
    for (std::size_t i = request.offset; i < hits.size() && page.resources.size() < request.count; ++i) {
        auto row = database_.query(kStored, hits[i].sequence);
        if (!row.next()) continue;
        StoredResource stored{
            row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.time(2), row.text(3)
        };
        if (auto const name = row.text(4); name != stored.id) rename(stored, name);
        page.resources.push_back(std::move(stored));
    }
    return page;
}

}  // namespace tributary::cache
