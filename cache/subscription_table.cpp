#include "cache/subscription_table.hpp"

#include <algorithm>

#include "cache/statements.hpp"
#include "fhir/json/reader.hpp"
#include "subscriptions/delivery_decision.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

using subscriptions::EventKind;
using subscriptions::Status;

constexpr char kCount[] = "SELECT subscriptions FROM subscription_live WHERE id = 1";
constexpr char kInsert[] =
    "INSERT INTO subscription(id, scope, origin, version, last_updated, status, resource, end_at, accepted, "
    "indexed) VALUES(?, ?, ?, 1, ?, ?, ?, ?, ?, 1)";
constexpr char kFind[] = "SELECT sequence, deleted FROM subscription WHERE id = ?";
constexpr char kLoad[] =
    "SELECT id, scope, origin, version, last_updated, status, error_code, error_text, error_since, resource, "
    "events, delivered, accepted, notice, bound_by "
    "FROM subscription WHERE sequence = ?";
constexpr char kSetStatus[] =
    "UPDATE subscription SET version = version + 1, last_updated = ?, status = ?, error_code = ?, error_text "
    "= ?, error_since = ?, accepted = ?, notice = ? WHERE sequence = ?";
constexpr char kRenew[] =
    "UPDATE subscription SET version = version + 1, last_updated = ? WHERE sequence = ?";
constexpr char kReplace[] = "UPDATE subscription SET resource = ?, end_at = ? WHERE sequence = ?";
constexpr char kDelete[] =
    "UPDATE subscription SET deleted = 1, version = version + 1, last_updated = ?, status = 'off', resource "
    "= ?, end_at = NULL, error_since = NULL, notice = ?, delivered = events WHERE sequence = ?";
constexpr char kDropKeys[] = "DELETE FROM subscription_key WHERE subscription = ?";
constexpr char kInsertKey[] =
    "INSERT INTO subscription_key(scope, key, subscription) VALUES(?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kUnindexed[] = "SELECT sequence, scope, resource FROM subscription WHERE indexed = 0 LIMIT ?";
constexpr char kSetIndexed[] = "UPDATE subscription SET indexed = 1 WHERE sequence = ?";
constexpr char kLive[] =
    "SELECT sequence FROM subscription WHERE sequence > ? AND deleted = 0 AND status <> 'off' ORDER BY "
    "sequence LIMIT ?";
constexpr char kEnded[] =
    "SELECT id FROM subscription WHERE end_at IS NOT NULL AND end_at <= ? AND status <> 'off' AND deleted = "
    "0 ORDER BY end_at LIMIT 500";
constexpr char kBroken[] =
    "SELECT id FROM subscription WHERE error_since IS NOT NULL AND error_since < ? AND status = 'error' AND "
    "deleted = 0 "
    "ORDER BY error_since LIMIT 500";

constexpr char kMarkBound[] = "UPDATE subscription SET bound_by = ? WHERE id = ? AND bound_by < ?";
constexpr char kKeyCheck[] = "SELECT value FROM key_check WHERE sequence = 1";
constexpr char kSetKeyCheck[] = "INSERT INTO key_check(sequence, value) VALUES(1, ?)";
constexpr char kNext[] =
    "SELECT sequence, id, resource FROM subscription WHERE sequence > ? ORDER BY sequence LIMIT 1";
constexpr char kRewrite[] = "UPDATE subscription SET resource = ? WHERE sequence = ?";

constexpr char kOwedNotices[] = "SELECT id FROM subscription WHERE notice = 1 ORDER BY sequence";
constexpr char kSettleNotice[] =
    "UPDATE subscription SET notice = 0, resource = CASE deleted WHEN 1 THEN '' ELSE resource END WHERE id = "
    "?";

constexpr char const* kStatements[] = {kMarkBound, kOwedNotices, kSettleNotice, kKeyCheck,   kSetKeyCheck,
                                       kNext,      kRewrite,     kCount,        kInsert,     kFind,
                                       kLoad,      kSetStatus,   kRenew,        kReplace,    kDelete,
                                       kDropKeys,  kInsertKey,   kUnindexed,    kSetIndexed, kLive,
                                       kEnded,     kBroken};

/// The version of a deletion has no content.
void hide_deleted(FoundSubscription& found) {
    if (found.presence == Presence::deleted) found.record.resource.clear();
}

template <class T>
bool any_of(std::vector<T> const& wanted, T const& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool stays_accepted(SubscriptionRecord const& before, Status after) {
    return after == Status::active || (after != Status::requested && before.accepted);
}

Failure refused() {
    return Failure(
        Errc::throttled,
        "as many live Subscriptions as are allowed; delete some or turn them off, or raise [limits] "
        "subscriptions"
    );
}

bool comes_back(Status before, Status after) { return before == Status::off && after != Status::off; }

bool is_at(SubscriptionRecord const& record, std::optional<std::uint64_t> version) {
    return !version || record.version == *version;
}

}  // namespace

std::span<char const* const> subscription_statements() { return kStatements; }

Result<SubscriptionTable::Understood> SubscriptionTable::understand(std::string_view resource) const {
    auto value = fhir::json::read(resource);
    if (!value) return value.error();
    auto plan = subscriptions::read_plan(*value, settings_.rules);
    if (!plan) return plan.error();
    return Understood{std::move(*value), std::move(*plan)};
}

bool SubscriptionTable::full() {
    auto count = database_.query(kCount);
    return count.next() && static_cast<std::size_t>(count.integer(0)) >= settings_.max_subscriptions;
}

Result<SubscriptionRecord> SubscriptionTable::create(NewSubscription const& subscription) {
    auto const understood = understand(subscription.resource);
    if (!understood) return understood.error();
    if (subscription.status != Status::off && full()) return refused();
    auto const& plan = understood->plan;
    database_.run(
        kInsert,
        subscription.id,
        subscription.scope,
        subscription.origin,
        subscription.now,
        subscriptions::wire(subscription.status),
        subscription.resource,
        plan.end,
        subscription.status == Status::active
    );
    auto const sequence = database_.last_insert();
    store_keys(sequence, subscription.scope, *understood);
    if (subscription.status != Status::off)
        interest_.catch_up(sequence, subscription.scope, plan, documents_, subscription.now);
    auto record = load(sequence);
    record_change(record, EventKind::create);
    return record;
}

Result<ConditionalCreate> SubscriptionTable::create_unless(
    NewSubscription const& subscription, std::vector<subscriptions::SearchClause> const& clauses
) {
    ConditionalCreate outcome;
    auto const there = index_.find(subscription.scope, clauses);
    outcome.matches = there.size();
    if (!there.empty()) {
        outcome.record = load(there.front());
        return outcome;
    }
    auto record = create(subscription);
    if (!record) return record.error();
    outcome.record = std::move(*record);
    return outcome;
}

void SubscriptionTable::store_keys(
    std::int64_t sequence, std::string_view scope, Understood const& subscription
) {
    database_.run(kDropKeys, sequence);
    for (auto const& key : subscriptions::subscription_keys(subscription.plan))
        database_.run(kInsertKey, scope, key, sequence);
    index_.store(sequence, scope, subscriptions::search_keys(subscription.resource, subscription.plan));
}

bool SubscriptionTable::index_some() {
    constexpr std::int64_t kSlice = 500;
    struct Row {
        std::int64_t sequence;
        std::string scope, resource;
    };
    std::vector<Row> rows;
    {
        auto row = database_.query(kUnindexed, kSlice);
        while (row.next()) rows.push_back({row.integer(0), row.text(1), row.text(2)});
    }
    for (auto const& row : rows) {
        if (auto const understood = understand(row.resource))
            store_keys(row.sequence, row.scope, *understood);
        database_.run(kSetIndexed, row.sequence);
    }
    return rows.size() == kSlice;
}

void SubscriptionTable::record_change(SubscriptionRecord const& record, EventKind kind) {
    events_.record_change(
        record.scope, kind, Focus{"Subscription", record.id, record.version}, record.last_updated
    );
}

SubscriptionTable::Found SubscriptionTable::find(std::string_view id) {
    Found found;
    auto row = database_.query(kFind, id);
    if (!row.next()) return found;
    found.sequence = row.integer(0);
    found.subscription.presence = row.integer(1) == 0 ? Presence::found : Presence::deleted;
    found.subscription.record = load(found.sequence);
    return found;
}

SubscriptionRecord SubscriptionTable::load(std::int64_t sequence) {
    SubscriptionRecord record;
    auto row = database_.query(kLoad, sequence);
    if (!row.next()) return record;
    record.id = row.text(0);
    record.scope = row.text(1);
    record.origin = row.text(2);
    record.version = static_cast<std::uint64_t>(row.integer(3));
    record.last_updated = row.time(4);
    record.status = subscriptions::read_status(row.text(5)).value_or(Status::off);
    record.error_code = row.text(6);
    record.error_text = row.text(7);
    record.error_since = row.optional_time(8);
    record.resource = row.text(9);
    record.events = row.integer(10);
    record.delivered = row.integer(11);
    record.accepted = row.integer(12) != 0;
    record.notice = row.integer(13) != 0;
    record.bound_by = static_cast<BoundBy>(row.integer(14));
    return record;
}

FoundSubscription SubscriptionTable::read(std::string_view scope, std::string_view id) {
    auto found = find(id).subscription;
    return found.record.scope == scope ? found : FoundSubscription();
}

SubscriptionVersions SubscriptionTable::history(SubscriptionHistoryRequest const& request) {
    auto found = find(request.id);
    if (found.subscription.record.scope != request.scope || found.sequence == 0) return {};
    hide_deleted(found.subscription);
    auto versions = history_.list(found.sequence, found.subscription.record, request);
    versions.presence = found.subscription.presence;
    return versions;
}

FoundVersion SubscriptionTable::version(std::string_view scope, std::string_view id, std::uint64_t version) {
    auto found = find(id);
    if (found.subscription.record.scope != scope || found.sequence == 0) return {};
    hide_deleted(found.subscription);
    return {found.subscription.presence, history_.find(found.sequence, found.subscription.record, version)};
}

void SubscriptionTable::keep_version(Found const& found) {
    history_.keep(found.sequence, found.subscription.record, settings_.max_subscription_versions);
}

void SubscriptionTable::reload(Found& found, EventKind kind) {
    found.subscription.record = load(found.sequence);
    found.subscription.changed = true;
    record_change(found.subscription.record, kind);
}

/// Who took the handshake, or needed none, is told that notifications end, where that is wanted.
bool SubscriptionTable::owes_notice(SubscriptionRecord const& before, Status after) const {
    if (after != Status::off || before.status == Status::off) return after == Status::off && before.notice;
    if (!before.accepted) return false;
    auto const understood = understand(before.resource);
    return understood && subscriptions::tells_of_deactivation(understood->plan, settings_.rules);
}

std::vector<std::string> SubscriptionTable::owed_notices() {
    std::vector<std::string> ids;
    auto row = database_.query(kOwedNotices);
    while (row.next()) ids.push_back(row.text(0));
    return ids;
}

void SubscriptionTable::settle_notice(std::string_view id) { database_.run(kSettleNotice, id); }

Result<FoundSubscription> SubscriptionTable::change_status(StatusChange const& change) {
    if (change.failed_event > 0) events_.record_failure(change.id, change.failed_event);
    auto found = find(change.id);
    auto const& record = found.subscription.record;
    if (found.subscription.presence != Presence::found || !any_of(change.from, record.status) ||
        !is_at(record, change.version))
        return found.subscription;
    if (comes_back(record.status, change.status) && full()) return refused();
    keep_version(found);
    std::optional<Utc> since;
    if (change.status == Status::error)
        since = record.error_since ? record.error_since : std::optional(change.now);
    database_.run(
        kSetStatus,
        change.now,
        subscriptions::wire(change.status),
        change.error_code,
        change.error_text,
        since,
        stays_accepted(record, change.status),
        !change.told && owes_notice(record, change.status),
        found.sequence
    );
    reload(found, EventKind::update);
    return found.subscription;
}

Result<FoundSubscription> SubscriptionTable::replace(ReplaceSubscription const& change) {
    auto found = find(change.id);
    auto const& record = found.subscription.record;
    if (record.scope != change.scope) return FoundSubscription();
    if (found.subscription.presence != Presence::found || !is_at(record, change.version))
        return found.subscription;
    auto const understood = understand(change.resource);
    if (!understood) return understood.error();
    if (change.status && comes_back(record.status, *change.status) && full()) return refused();
    keep_version(found);
    auto const& plan = understood->plan;
    auto const before = understand(record.resource);
    bool const same_receiver = before && before->plan.channel.type == plan.channel.type &&
                               before->plan.channel.endpoint == plan.channel.endpoint;
    database_.run(kReplace, change.resource, plan.end, found.sequence);
    store_keys(found.sequence, change.scope, *understood);
    if (change.status) {
        auto const status = subscriptions::wire(*change.status);
        // Another endpoint has taken no handshake: nothing is sent there before it has.
        bool const accepted =
            *change.status == Status::active || (same_receiver && stays_accepted(record, *change.status));
        bool const notice = same_receiver && owes_notice(record, *change.status);
        std::optional<Utc> const no_error;
        database_.run(kSetStatus, change.now, status, "", "", no_error, accepted, notice, found.sequence);
        if (*change.status != Status::off)
            interest_.catch_up(found.sequence, change.scope, plan, documents_, change.now);
    } else {
        database_.run(kRenew, change.now, found.sequence);
    }
    reload(found, EventKind::update);
    return found.subscription;
}

FoundSubscription SubscriptionTable::remove(
    std::string_view scope, std::string_view id, std::optional<std::uint64_t> version, Utc now
) {
    auto found = find(id);
    if (found.subscription.record.scope != scope) return {};
    if (found.subscription.presence != Presence::found || !is_at(found.subscription.record, version))
        return found.subscription;
    // What is needed to tell its receiver stays until that is done.
    bool const notice = owes_notice(found.subscription.record, Status::off);
    auto const kept = notice ? found.subscription.record.resource : std::string();
    database_.run(kDelete, now, kept, notice, found.sequence);
    database_.run(kDropKeys, found.sequence);
    index_.drop(found.sequence);
    history_.forget(found.sequence);
    reload(found, EventKind::remove);
    return found.subscription;
}

SubscriptionPage SubscriptionTable::search(SubscriptionSearch const& search) {
    auto const found = index_.find(search.scope, search.clauses);
    SubscriptionPage page;
    page.total = found.size();
    for (std::size_t i = search.offset; i < found.size() && page.records.size() < search.count; ++i)
        page.records.push_back(load(found[i]));
    return page;
}

Store::LiveSubscriptions SubscriptionTable::live(std::int64_t after, std::size_t limit) {
    Store::LiveSubscriptions live;
    auto row = database_.query(kLive, after, limit);
    while (row.next()) {
        live.next = row.integer(0);
        live.records.push_back(load(live.next));
    }
    if (live.records.size() < limit) live.next = 0;
    return live;
}

void SubscriptionTable::mark_bound(std::string_view id, BoundBy how) {
    database_.run(kMarkBound, static_cast<int>(how), id, static_cast<int>(how));
}

std::string SubscriptionTable::key_check() {
    auto row = database_.query(kKeyCheck);
    return row.next() ? row.text(0) : std::string();
}

void SubscriptionTable::set_key_check(std::string_view check) { database_.run(kSetKeyCheck, check); }

std::size_t SubscriptionTable::rewrite(Store::Rewrite const& rewrite) {
    std::size_t rows = 0;
    for (std::int64_t after = 0;; ++rows) {
        auto row = database_.query(kNext, after);
        if (!row.next()) return rows;
        after = row.integer(0);
        auto const stored = row.text(2);
        auto const written = rewrite(row.text(1), stored);
        if (written != stored) database_.run(kRewrite, written, after);
    }
}

std::vector<std::string> SubscriptionTable::expire(Utc now, Utc error_before) {
    std::vector<std::string> ids;
    auto const collect = [&](Statement row) {
        while (row.next()) ids.push_back(row.text(0));
    };
    collect(database_.query(kEnded, now));
    collect(database_.query(kBroken, error_before));
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (auto const& id : ids) {
        auto const record = find(id).subscription.record;
        // Why it failed stays to be read: nobody else knows it.
        (void)change_status({id, Status::off, record.error_code, record.error_text, now, {}});
    }
    return ids;
}

}  // namespace tributary::cache
