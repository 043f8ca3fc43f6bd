#include "cache/events.hpp"

#include <utility>

#include "cache/codes.hpp"
#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kLastNumber[] = "SELECT events FROM subscription WHERE sequence = ?";
constexpr char kSetNumber[] = "UPDATE subscription SET events = ? WHERE sequence = ?";
constexpr char kInsert[] =
    "INSERT INTO event(subscription, number, kind, focus_type, focus_id, focus_version, at) VALUES(?, ?, ?, "
    "?, ?, ?, ?) ON CONFLICT(subscription, focus_type, focus_id, kind, focus_version) DO NOTHING";
constexpr char kFindAnyVersion[] =
    "SELECT 1 FROM event WHERE subscription = ? AND focus_type = ? AND focus_id = ? LIMIT 1";
constexpr char kAliases[] = "SELECT id FROM document WHERE alias_of = ? AND alias_of IS NOT NULL";
constexpr char kList[] =
    "SELECT e.number, e.kind, e.at, e.focus_type, e.focus_id, e.focus_version, coalesce(v.resource, "
    "g.resource), "
    "p.id, CASE WHEN p.version = v.patient_version THEN p.resource ELSE w.resource END FROM subscription s "
    "JOIN event e ON e.subscription = s.sequence LEFT JOIN document d ON d.id = e.focus_id "
    "LEFT JOIN document_version v ON v.document = d.sequence AND v.version = e.focus_version "
    "LEFT JOIN progress_version g ON e.focus_type = 'Basic' AND g.id = e.focus_id AND g.version = "
    "e.focus_version "
    "LEFT JOIN patient p ON p.sequence = v.patient "
    "LEFT JOIN patient_version w ON w.patient = v.patient AND w.version = v.patient_version "
    "WHERE s.id = ? AND e.number > ? AND e.number <= ? AND e.retired = 0 AND coalesce(v.resource, "
    "g.resource) IS NOT NULL ORDER BY e.number LIMIT ?";
constexpr char kDelivered[] = "UPDATE subscription SET delivered = ? WHERE id = ? AND delivered < ?";
constexpr char kDeliveredEvents[] =
    "UPDATE event SET delivered_at = ?, attempts = attempts + 1 WHERE subscription = (SELECT sequence FROM "
    "subscription WHERE id = ?) AND number > (SELECT delivered FROM subscription WHERE id = ?) AND number <= "
    "?";
constexpr char kFailed[] =
    "UPDATE event SET attempts = attempts + 1 WHERE subscription = (SELECT sequence FROM subscription WHERE "
    "id = ?) AND number = ?";
constexpr char kChange[] =
    "INSERT INTO change(scope, at, focus_type, focus_id, focus_version, kind) VALUES(?, ?, ?, ?, ?, ?)";

constexpr char const* kStatements[] = {
    kLastNumber,
    kSetNumber,
    kInsert,
    kFindAnyVersion,
    kAliases,
    kList,
    kDelivered,
    kDeliveredEvents,
    kFailed,
    kChange
};

}  // namespace

std::span<char const* const> event_statements() { return kStatements; }

std::optional<std::int64_t> Events::append(
    std::int64_t subscription, subscriptions::EventKind kind, Focus const& focus, Utc at
) {
    auto& last = last_number(subscription);
    auto const number = last.value + 1;
    bool const fresh =
        database_.run(kInsert, subscription, number, code(kind), focus.type, focus.id, focus.version, at) > 0;
    if (!fresh) return std::nullopt;
    last.value = number;
    last.changed = true;
    return number;
}

Events::Number& Events::last_number(std::int64_t subscription) {
    auto const [at, added] = numbers_.try_emplace(subscription);
    if (added) {
        auto row = database_.query(kLastNumber, subscription);
        if (row.next()) at->second.value = row.integer(0);
    }
    return at->second;
}

void Events::flush() {
    for (auto& [subscription, last] : numbers_) {
        if (std::exchange(last.changed, false)) database_.run(kSetNumber, last.value, subscription);
    }
}

bool Events::told(std::int64_t subscription, Focus const& focus, std::int64_t document) {
    if (database_.query(kFindAnyVersion, subscription, focus.type, focus.id).next()) return true;
    auto alias = database_.query(kAliases, document);
    while (alias.next()) {
        auto const id = alias.text(0);
        if (database_.query(kFindAnyVersion, subscription, focus.type, id).next()) return true;
    }
    return false;
}

std::vector<EventRecord> Events::list(
    std::string_view subscription, std::int64_t after, std::int64_t until, std::size_t limit
) {
    std::vector<EventRecord> events;
    auto row = database_.query(kList, subscription, after, until, limit);
    while (row.next()) {
        EventRecord event;
        event.number = row.integer(0);
        event.kind = event_kind(row.text(1));
        event.at = row.time(2);
        event.focus_type = row.text(3);
        event.focus_id = row.text(4);
        event.focus_version = static_cast<std::uint64_t>(row.integer(5));
        event.resource = row.text(6);
        if (!row.is_null(8)) {
            event.patient_id = row.text(7);
            event.patient = row.text(8);
        }
        events.push_back(std::move(event));
    }
    return events;
}

void Events::record_delivery(std::string_view subscription, std::int64_t number, Utc at) {
    database_.run(kDeliveredEvents, at, subscription, subscription, number);
    database_.run(kDelivered, number, subscription, number);
}

void Events::record_failure(std::string_view subscription, std::int64_t number) {
    database_.run(kFailed, subscription, number);
}

void Events::record_change(
    std::string_view scope, subscriptions::EventKind kind, Focus const& focus, Utc at
) {
    database_.run(kChange, scope, at, focus.type, focus.id, focus.version, code(kind));
}

}  // namespace tributary::cache
