#include "cache/housekeeping.hpp"

#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kInsertCall[] =
    "INSERT INTO call(discovery, partner, step, started, queued, took, outcome, attempt, cut_off, bytes) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kPurgeCalls[] =
    "DELETE FROM call WHERE sequence IN (SELECT sequence FROM call WHERE started < ? ORDER BY started LIMIT "
    "?)";
constexpr char kPurgeChanges[] =
    "DELETE FROM change WHERE sequence IN (SELECT sequence FROM change WHERE at < ? ORDER BY at LIMIT ?)";
constexpr char kOldDiscoveries[] =
    "SELECT ended, sequence FROM discovery WHERE (ended, sequence) > (?, ?) AND ended < ? ORDER BY ended, "
    "sequence LIMIT ?";
// Whom partners named last when they were asked this question: as long as one of them is known.
constexpr char kLastWord[] =
    "SELECT 1 FROM discovery d WHERE d.sequence = ? AND EXISTS (SELECT 1 FROM exchange_patient a WHERE "
    "a.discovery = d.sequence) AND NOT EXISTS (SELECT 1 FROM discovery n WHERE n.scope = d.scope AND n.key "
    "= d.key AND n.sequence > d.sequence)";
constexpr char kDropDiscovery[] = "DELETE FROM discovery WHERE sequence = ?";
constexpr char kDropExchanges[] = "DELETE FROM exchange WHERE discovery = ?";
constexpr char kDropProgress[] = "DELETE FROM progress WHERE discovery = ?";
constexpr char kDropExchangePatients[] = "DELETE FROM exchange_patient WHERE discovery = ?";

// The row of a delivered Event about a document stays, so that nobody is told twice; its resource goes.
constexpr char kRetireEvents[] =
    "UPDATE event SET retired = 1 WHERE (subscription, number) IN (SELECT e.subscription, e.number FROM "
    "event e "
    "JOIN subscription s ON s.sequence = e.subscription WHERE e.retired = 0 AND e.at < ? AND e.number <= "
    "s.delivered ORDER BY e.at LIMIT ?) "
    "RETURNING focus_id, focus_version";
// One Discovery's, whose versions never come again: nobody could be told twice.
constexpr char kDropProgressEvent[] =
    "DELETE FROM event WHERE focus_id = ? AND focus_version = ? AND focus_type = 'Basic' AND retired = 1";
constexpr char kDropProgressVersion[] = "DELETE FROM progress_version WHERE id = ? AND version = ?";
constexpr char kDropProgressOf[] = "DELETE FROM progress WHERE subscription = ?";
constexpr char kDropProgressVersionsOf[] = "DELETE FROM progress_version WHERE subscription = ?";
constexpr char kDeletedSubscriptions[] =
    "SELECT sequence FROM subscription WHERE deleted = 1 AND events > 0 AND notice = 0 LIMIT 1";
constexpr char kPurgeDeletedEvents[] =
    "DELETE FROM event WHERE subscription = ? AND number IN (SELECT number FROM event WHERE subscription = ? "
    "ORDER BY number LIMIT ?) RETURNING focus_id, focus_version";
constexpr char kForgetOrigins[] =
    "UPDATE subscription SET origin = '' WHERE sequence IN (SELECT sequence FROM subscription WHERE deleted "
    "= "
    "1 AND origin <> '' AND last_updated < ? ORDER BY last_updated LIMIT ?)";
constexpr char kSettleDeleted[] = "UPDATE subscription SET events = 0, delivered = 0 WHERE sequence = ?";

constexpr char kOldDocuments[] =
    "SELECT seen_at, sequence FROM document WHERE (seen_at, sequence) > (?, ?) AND seen_at < ? AND alias_of "
    "IS NULL "
    "ORDER BY seen_at, sequence LIMIT ?";
// Whoever was told of an alias was told of the Document.
constexpr char kWanted[] =
    "SELECT 1 FROM document d JOIN event v ON v.focus_id = d.id JOIN subscription s ON s.sequence = "
    "v.subscription "
    "WHERE d.sequence IN (SELECT ? UNION ALL SELECT k.sequence FROM document k WHERE k.alias_of = ?) AND "
    "(s.status <> 'off' OR v.number > s.delivered) AND s.deleted = 0 LIMIT 1";
constexpr char kAliases[] = "SELECT sequence FROM document WHERE alias_of = ? AND alias_of IS NOT NULL";
constexpr char kEntriesOf[] = "SELECT sequence FROM entry WHERE document = ?";
constexpr char kRetireBodies[] =
    "UPDATE body SET used_at = 0 WHERE sha256 IN (SELECT sha256 FROM content WHERE entry = ? AND sha256 <> "
    "'') "
    "AND NOT EXISTS (SELECT 1 FROM content c WHERE c.sha256 = body.sha256 AND c.sha256 <> '' AND c.entry <> "
    "?)";
constexpr char kDropContents[] = "DELETE FROM content WHERE entry = ?";
constexpr char kDropRelations[] = "DELETE FROM relation WHERE entry = ?";
constexpr char kDropIdentifiers[] = "DELETE FROM entry_identifier WHERE entry = ?";
constexpr char kDropEntry[] = "DELETE FROM entry WHERE sequence = ?";
constexpr char kDropIndex[] = "DELETE FROM document_index WHERE document = ?";
constexpr char kDropVersions[] = "DELETE FROM document_version WHERE document = ?";
constexpr char kDropDocument[] = "DELETE FROM document WHERE sequence = ?";

constexpr char kOldPatients[] =
    "SELECT seen_at, sequence FROM patient WHERE (seen_at, sequence) > (?, ?) AND seen_at < ? ORDER BY "
    "seen_at, sequence LIMIT ?";
constexpr char kInUse[] = "SELECT 1 FROM entry WHERE patient = ? LIMIT 1";
constexpr char kNamed[] =
    "SELECT 1 FROM patient p JOIN subscription_key k ON k.scope = p.scope AND k.key = 'p|' || p.id JOIN "
    "subscription s ON s.sequence = k.subscription WHERE p.sequence = ? AND s.status <> 'off' AND s.deleted "
    "= 0 LIMIT 1";
constexpr char kDropKeys[] = "DELETE FROM patient_key WHERE patient = ?";
constexpr char kDropMatches[] = "DELETE FROM exchange_patient WHERE patient = ?";
constexpr char kDropPatientVersions[] = "DELETE FROM patient_version WHERE patient = ?";
constexpr char kDropPatient[] = "DELETE FROM patient WHERE sequence = ? RETURNING person";
constexpr char kDropPerson[] =
    "DELETE FROM person WHERE sequence = ? AND NOT EXISTS (SELECT 1 FROM patient WHERE patient.person = "
    "person.sequence)";
constexpr char kFreePages[] = "PRAGMA incremental_vacuum(500)";

constexpr char kCountSubscriptions[] = "SELECT count(*) FROM subscription WHERE deleted = 0";
constexpr char kCountDocuments[] = "SELECT count(*) FROM document WHERE sequence > 0";
constexpr char kCountPatients[] = "SELECT count(*) FROM patient WHERE sequence > 0";
constexpr char kUndelivered[] =
    "SELECT sum(events - delivered) FROM subscription WHERE delivered < events AND sequence > 0";
constexpr char kLastChange[] = "SELECT max(sequence) FROM change";

constexpr char const* kStatements[] = {
    kInsertCall,
    kPurgeCalls,
    kPurgeChanges,
    kOldDiscoveries,
    kLastWord,
    kDropDiscovery,
    kDropExchanges,
    kDropExchangePatients,
    kRetireEvents,
    kDropProgressEvent,
    kForgetOrigins,
    kDropProgress,
    kDropProgressVersion,
    kDropProgressOf,
    kDropProgressVersionsOf,
    kDeletedSubscriptions,
    kPurgeDeletedEvents,
    kSettleDeleted,
    kOldDocuments,
    kEntriesOf,
    kRetireBodies,
    kDropContents,
    kDropRelations,
    kDropIdentifiers,
    kDropEntry,
    kDropIndex,
    kDropVersions,
    kAliases,
    kWanted,
    kInUse,
    kNamed,
    kDropDocument,
    kOldPatients,
    kDropKeys,
    kDropMatches,
    kDropPatientVersions,
    kDropPatient,
    kDropPerson,
    kCountSubscriptions,
    kCountDocuments,
    kCountPatients,
    kUndelivered,
    kLastChange
};

constexpr std::int64_t kSlice = 500;
constexpr std::int64_t kDocuments = 50;  // each is some ten rows

}  // namespace

std::span<char const* const> housekeeping_statements() { return kStatements; }

void Housekeeping::record_calls(std::vector<CallRow> const& rows) {
    for (auto const& row : rows) {
        database_.run(
            kInsertCall,
            row.discovery,
            row.partner,
            row.step,
            row.started,
            row.queued.count(),
            row.took.count(),
            row.outcome,
            row.attempt,
            row.cut_off,
            row.bytes
        );
    }
}

bool Housekeeping::purge(Store::Retention const& retention) {
    bool more = database_.run(kPurgeCalls, retention.calls_before, kSlice) == kSlice;
    more |= database_.run(kPurgeChanges, retention.documents_before, kSlice) == kSlice;
    more |= purge_discoveries(retention.documents_before);
    more |= purge_events(retention.events_before);
    more |= purge_documents(retention.documents_before);
    more |= purge_patients(retention.documents_before);
    database_.run(kFreePages);
    return more && !database_.failed();
}

bool Housekeeping::purge_discoveries(Utc before) {
    auto const old = next_slice(kOldDiscoveries, discoveries_, before);
    for (auto const discovery : old) {
        if (database_.query(kLastWord, discovery).next()) continue;
        database_.run(kDropExchanges, discovery);
        database_.run(kDropExchangePatients, discovery);
        database_.run(kDropProgress, discovery);
        database_.run(kDropDiscovery, discovery);
    }
    return old.size() == kDocuments;
}

bool Housekeeping::purge_events(Utc before) {
    auto const retired = named_by(database_.query(kRetireEvents, before, kSlice));
    for (auto const& [id, version] : retired) {
        versions_.drop_unneeded(id, version);
        database_.run(kDropProgressVersion, id, version);
        database_.run(kDropProgressEvent, id, version);
    }
    bool const more = database_.run(kForgetOrigins, before, kSlice) == kSlice || retired.size() == kSlice;

    std::int64_t subscription = 0;
    if (auto deleted = database_.query(kDeletedSubscriptions); deleted.next())
        subscription = deleted.integer(0);
    if (subscription == 0) return more;
    auto const purged = named_by(database_.query(kPurgeDeletedEvents, subscription, subscription, kSlice));
    for (auto const& [id, version] : purged) versions_.drop_unneeded(id, version);
    if (purged.size() < kSlice) {
        database_.run(kDropProgressOf, subscription);
        database_.run(kDropProgressVersionsOf, subscription);
        database_.run(kSettleDeleted, subscription);
    }
    return true;
}

std::vector<Housekeeping::Version> Housekeeping::named_by(Statement row) {
    std::vector<Version> versions;
    while (row.next()) versions.push_back({row.text(0), row.integer(1)});
    return versions;
}

std::vector<std::int64_t> Housekeeping::next_slice(char const* sql, Cursor& cursor, Utc before) {
    std::vector<std::int64_t> slice;
    auto row = database_.query(sql, cursor.at, cursor.sequence, before, kDocuments);
    while (row.next()) {
        cursor = {row.integer(0), row.integer(1)};
        slice.push_back(cursor.sequence);
    }
    if (slice.size() < kDocuments) cursor = {};
    return slice;
}

bool Housekeeping::purge_documents(Utc before) {
    auto const old = next_slice(kOldDocuments, documents_, before);
    for (auto const document : old) {
        if (!database_.query(kWanted, document, document).next()) drop_document(document);
    }
    return old.size() == kDocuments;
}

void Housekeeping::drop_document(std::int64_t document) {
    for (auto const entry : database_.query(kEntriesOf, document).integers()) drop_entry(entry);
    for (auto const alias : database_.query(kAliases, document).integers()) drop_rows(alias);
    drop_rows(document);
}

void Housekeeping::drop_rows(std::int64_t document) {
    database_.run(kDropIndex, document);
    database_.run(kDropVersions, document);
    database_.run(kDropDocument, document);
}

void Housekeeping::drop_entry(std::int64_t entry) {
    database_.run(kRetireBodies, entry, entry);
    database_.run(kDropContents, entry);
    database_.run(kDropRelations, entry);
    database_.run(kDropIdentifiers, entry);
    database_.run(kDropEntry, entry);
}

bool Housekeeping::purge_patients(Utc before) {
    auto const old = next_slice(kOldPatients, patients_, before);
    for (auto const patient : old) {
        if (database_.query(kInUse, patient).next() || database_.query(kNamed, patient).next()) continue;
        database_.run(kDropKeys, patient);
        database_.run(kDropMatches, patient);
        std::int64_t person = 0;
        database_.run(kDropPatientVersions, patient);
        if (auto row = database_.query(kDropPatient, patient); row.next()) person = row.integer(0);
        database_.run(kDropPerson, person);
    }
    return old.size() == kDocuments;
}

Store::Counts Housekeeping::counts() {
    auto const one = [&](char const* sql) {
        auto row = database_.query(sql);
        return row.next() ? row.integer(0) : std::int64_t{0};
    };
    Store::Counts counts;
    counts.subscriptions = one(kCountSubscriptions);
    counts.documents = one(kCountDocuments);
    counts.patients = one(kCountPatients);
    counts.undelivered = one(kUndelivered);
    counts.change_sequence = one(kLastChange);
    return counts;
}

}  // namespace tributary::cache
