#include "cache/subscription_index.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "cache/statements.hpp"
#include "fhir/search/comparison.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::cache {

namespace {

using subscriptions::SearchClause;

constexpr char kInsert[] =
    "INSERT INTO subscription_index(scope, parameter, value, subscription) VALUES(?, ?, ?, ?) ON CONFLICT DO "
    "NOTHING";
constexpr char kDrop[] = "DELETE FROM subscription_index WHERE subscription = ?";
constexpr char kAll[] =
    "SELECT sequence, status, last_updated FROM subscription WHERE scope = ? AND deleted = 0 ORDER BY "
    "sequence";
constexpr char kById[] = "SELECT sequence FROM subscription WHERE id = ? AND scope = ? AND deleted = 0";
constexpr char kEqual[] =
    "SELECT subscription FROM subscription_index WHERE scope = ? AND parameter = ? AND value = ?";
constexpr char kPrefix[] =
    "SELECT subscription FROM subscription_index WHERE scope = ? AND parameter = ? AND value >= ? AND value "
    "< ?";

constexpr char const* kStatements[] = {kInsert, kDrop, kAll, kById, kEqual, kPrefix};

constexpr char kLast[] = "\xF4\x8F\xBF\xBF";  // sorts behind every character

bool contains(std::vector<std::string> const& values, std::string const& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool updated_then(std::vector<std::string> const& queries, Utc last_updated, Utc now) {
    auto const instant = fhir::search::format_instant(last_updated);
    return std::any_of(queries.begin(), queries.end(), [&](std::string const& query) {
        return fhir::search::date_matches(query, {instant, instant}, now);
    });
}

}  // namespace

std::span<char const* const> subscription_index_statements() { return kStatements; }

void SubscriptionIndex::store(
    std::int64_t subscription, std::string_view scope, std::vector<subscriptions::SearchKey> const& keys
) {
    drop(subscription);
    for (auto const& key : keys) database_.run(kInsert, scope, key.parameter, key.value, subscription);
}

void SubscriptionIndex::drop(std::int64_t subscription) { database_.run(kDrop, subscription); }

SubscriptionIndex::Sequences SubscriptionIndex::all(std::string_view scope) {
    return database_.query(kAll, scope).integers();
}

SubscriptionIndex::Sequences SubscriptionIndex::fitting(std::string_view scope, SearchClause const& clause) {
    Sequences found;
    if (clause.parameter == "status" || clause.parameter == "_lastUpdated") {
        bool const by_status = clause.parameter == "status";
        auto const now = std::chrono::system_clock::now();
        auto row = database_.query(kAll, scope);
        while (row.next()) {
            bool const fits = by_status ? contains(clause.values, row.text(1))
                                        : updated_then(clause.values, row.time(2), now);
            if (fits) found.push_back(row.integer(0));
        }
        return found;
    }
    auto const collect = [&found](Statement row) {
        auto const more = row.integers();
        found.insert(found.end(), more.begin(), more.end());
    };
    for (auto const& value : clause.values) {
        if (clause.parameter == "_id")
            collect(database_.query(kById, value, scope));
        else if (clause.prefix)
            collect(database_.query(kPrefix, scope, clause.parameter, value, value + kLast));
        else
            collect(database_.query(kEqual, scope, clause.parameter, value));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::int64_t> SubscriptionIndex::find(
    std::string_view scope, std::vector<SearchClause> const& clauses
) {
    std::optional<Sequences> found;
    for (auto const& clause : clauses) {
        auto const fits = fitting(scope, clause);
        if (!found) {
            found = fits;
            continue;
        }
        Sequences both;
        std::set_intersection(
            found->begin(), found->end(), fits.begin(), fits.end(), std::back_inserter(both)
        );
        found = std::move(both);
    }
    return found ? *found : all(scope);
}

}  // namespace tributary::cache
