#include "cache/schema.hpp"

#include <array>

namespace tributary::cache {

namespace {

// Times are microseconds since 1970. `sequence` grows with creation and is never used again.
constexpr char kFirst[] = R"(
CREATE TABLE subscription(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, origin TEXT NOT NULL,
  version INTEGER NOT NULL, last_updated INTEGER NOT NULL, status TEXT NOT NULL, error_code TEXT NOT NULL DEFAULT '',
  error_text TEXT NOT NULL DEFAULT '', error_since INTEGER, resource TEXT NOT NULL, url TEXT NOT NULL, end_at INTEGER,
  events INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX subscription_scope ON subscription(scope, deleted, sequence);
CREATE INDEX subscription_there ON subscription(deleted);
CREATE INDEX subscription_end ON subscription(end_at) WHERE end_at IS NOT NULL;
CREATE INDEX subscription_error ON subscription(error_since) WHERE error_since IS NOT NULL;
CREATE INDEX subscription_behind ON subscription(sequence) WHERE delivered < events;
CREATE INDEX subscription_purge ON subscription(deleted) WHERE deleted = 1 AND events > 0;
CREATE TABLE subscription_key(
  scope TEXT NOT NULL, key TEXT NOT NULL, subscription INTEGER NOT NULL, PRIMARY KEY(scope, key, subscription)) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_key_subscription ON subscription_key(subscription);

CREATE TABLE event(
  subscription INTEGER NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, focus_type TEXT NOT NULL, focus_id TEXT NOT NULL,
  focus_version INTEGER NOT NULL, at INTEGER NOT NULL, retired INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(subscription, number),
  UNIQUE(subscription, focus_type, focus_id, kind, focus_version)) STRICT, WITHOUT ROWID;
CREATE INDEX event_focus ON event(focus_id, focus_version);
CREATE INDEX event_at ON event(at) WHERE retired = 0;

CREATE TABLE discovery(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, key TEXT NOT NULL, refresh INTEGER NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, late INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX discovery_key ON discovery(scope, key, sequence);
CREATE INDEX discovery_ended ON discovery(ended);
CREATE TABLE exchange(
  discovery INTEGER NOT NULL, partner TEXT NOT NULL, state TEXT NOT NULL, issue TEXT NOT NULL DEFAULT '', owed INTEGER NOT NULL DEFAULT 0,
  matched INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(discovery, partner)) STRICT, WITHOUT ROWID;
CREATE TABLE exchange_patient(
  patient INTEGER NOT NULL, discovery INTEGER NOT NULL, PRIMARY KEY(patient, discovery)) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_patient_discovery ON exchange_patient(discovery);

CREATE TABLE person(sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL) STRICT;
CREATE TABLE patient(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, partner TEXT NOT NULL, remote_id TEXT NOT NULL,
  person INTEGER NOT NULL, version INTEGER NOT NULL, last_updated INTEGER NOT NULL, seen_at INTEGER NOT NULL,
  source TEXT NOT NULL, resource TEXT NOT NULL) STRICT;
CREATE INDEX patient_person ON patient(person);
CREATE INDEX patient_scope ON patient(scope, sequence);
CREATE INDEX patient_seen ON patient(seen_at);
CREATE TABLE patient_key(
  scope TEXT NOT NULL, key TEXT NOT NULL, patient INTEGER NOT NULL, PRIMARY KEY(scope, key, patient)) STRICT, WITHOUT ROWID;
CREATE INDEX patient_key_patient ON patient_key(patient);

CREATE TABLE document(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, person INTEGER NOT NULL, entry INTEGER NOT NULL,
  version INTEGER NOT NULL, status TEXT NOT NULL, superseded INTEGER NOT NULL DEFAULT 0, conflict INTEGER NOT NULL DEFAULT 0,
  date_from INTEGER, last_updated INTEGER NOT NULL, seen_at INTEGER NOT NULL, alias_of INTEGER) STRICT;
CREATE INDEX document_person ON document(person);
CREATE INDEX document_scope ON document(scope, sequence);
CREATE INDEX document_seen ON document(seen_at);
CREATE INDEX document_alias ON document(alias_of) WHERE alias_of IS NOT NULL;
CREATE TABLE document_version(
  document INTEGER NOT NULL, version INTEGER NOT NULL, last_updated INTEGER NOT NULL, resource TEXT NOT NULL,
  PRIMARY KEY(document, version)) STRICT;
CREATE TABLE document_index(
  parameter TEXT NOT NULL, value TEXT NOT NULL, document INTEGER NOT NULL, PRIMARY KEY(parameter, value, document)) STRICT, WITHOUT ROWID;
CREATE INDEX document_index_document ON document_index(document);

CREATE TABLE entry(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, scope TEXT NOT NULL, partner TEXT NOT NULL, remote_id TEXT NOT NULL,
  patient INTEGER NOT NULL, document INTEGER NOT NULL, provisional INTEGER NOT NULL DEFAULT 0, k1 TEXT NOT NULL,
  home_community_id TEXT NOT NULL, resource TEXT NOT NULL, seen_at INTEGER NOT NULL, UNIQUE(scope, partner, remote_id)) STRICT;
CREATE INDEX entry_document ON entry(document);
CREATE INDEX entry_patient ON entry(patient);
CREATE INDEX entry_k1 ON entry(k1) WHERE k1 <> '';
CREATE TABLE relation(entry INTEGER NOT NULL, code TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY(target, entry, code)) STRICT, WITHOUT ROWID;
CREATE INDEX relation_entry ON relation(entry);
CREATE TABLE content(
  binary_id TEXT PRIMARY KEY, scope TEXT NOT NULL, entry INTEGER NOT NULL, ordinal INTEGER NOT NULL, url TEXT NOT NULL,
  content_type TEXT NOT NULL, hash TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER, sha256 TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX content_entry ON content(entry);
CREATE INDEX content_digest ON content(digest) WHERE digest <> '';
CREATE INDEX content_sha256 ON content(sha256) WHERE sha256 <> '';
CREATE INDEX content_missing ON content(entry) WHERE sha256 = '';
CREATE TABLE body(
  sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, document_id TEXT NOT NULL DEFAULT '', set_id TEXT NOT NULL DEFAULT '',
  version_number INTEGER, used_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX body_used ON body(used_at, size);
CREATE INDEX body_set_id ON body(set_id) WHERE set_id <> '';

CREATE TABLE call(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, discovery TEXT NOT NULL, partner TEXT NOT NULL, step TEXT NOT NULL, started INTEGER NOT NULL,
  queued INTEGER NOT NULL, took INTEGER NOT NULL, outcome TEXT NOT NULL, attempt INTEGER NOT NULL, cut_off INTEGER NOT NULL,
  bytes INTEGER NOT NULL) STRICT;
CREATE INDEX call_started ON call(started);
CREATE TABLE change(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, at INTEGER NOT NULL, focus_type TEXT NOT NULL, focus_id TEXT NOT NULL,
  focus_version INTEGER NOT NULL, kind TEXT NOT NULL) STRICT;
CREATE INDEX change_at ON change(at);
)";

// What copies need: whose metadata are shown, what else an entry is known by, where a document is gone, what its bytes are.
constexpr char kCopies[] = R"(
ALTER TABLE document ADD COLUMN hash_mismatch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN owner INTEGER NOT NULL DEFAULT 1;
ALTER TABLE content ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE body ADD COLUMN media_type TEXT NOT NULL DEFAULT '';
UPDATE content SET digest = substr(digest, 1, CASE WHEN digest LIKE 'sha1|%' THEN 45 ELSE 71 END) WHERE digest <> '';
CREATE TABLE entry_identifier(key TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(key, entry)) STRICT, WITHOUT ROWID;
CREATE INDEX entry_identifier_entry ON entry_identifier(entry);
)";

// Something sealed with the key of the secrets, by which another key is told at the start.
constexpr char kKeyCheck[] = R"(
CREATE TABLE key_check(sequence INTEGER PRIMARY KEY CHECK(sequence = 1), value TEXT NOT NULL) STRICT;
)";

// Whom a version of a document is about, as he was then: what a notification says of him stays the same whenever it is sent.
constexpr char kSubjects[] = R"(
ALTER TABLE document_version ADD COLUMN patient INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document_version ADD COLUMN patient_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX document_version_patient ON document_version(patient, patient_version) WHERE patient <> 0;
CREATE TABLE patient_version(
  patient INTEGER NOT NULL, version INTEGER NOT NULL, resource TEXT NOT NULL, PRIMARY KEY(patient, version)) STRICT;
)";

// What became of an Event.
constexpr char kDeliveries[] = R"(
ALTER TABLE event ADD COLUMN delivered_at INTEGER;
ALTER TABLE event ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
)";

// By what Subscriptions are found; those that are there get their rows when the file is opened.
constexpr char kSubscriptionIndex[] = R"(
ALTER TABLE subscription DROP COLUMN url;
ALTER TABLE subscription ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
UPDATE subscription SET indexed = 1 WHERE deleted = 1;
CREATE INDEX subscription_unindexed ON subscription(indexed) WHERE indexed = 0;
CREATE TABLE subscription_index(
  scope TEXT NOT NULL, parameter TEXT NOT NULL, value TEXT NOT NULL, subscription INTEGER NOT NULL,
  PRIMARY KEY(scope, parameter, value, subscription)) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_index_subscription ON subscription_index(subscription);
)";

// Versions of a Subscription before the present one, as they were shown.
constexpr char kSubscriptionVersions[] = R"(
CREATE TABLE subscription_version(
  subscription INTEGER NOT NULL, version INTEGER NOT NULL, last_updated INTEGER NOT NULL, resource TEXT NOT NULL,
  PRIMARY KEY(subscription, version)) STRICT;
)";

// Whose receiver has taken a handshake, or needs none; which of them is to be told that its Subscription is off.
constexpr char kNotices[] = R"(
ALTER TABLE subscription ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
UPDATE subscription SET accepted = 1 WHERE status = 'active';
ALTER TABLE subscription ADD COLUMN notice INTEGER NOT NULL DEFAULT 0;
CREATE INDEX subscription_notice ON subscription(notice) WHERE notice = 1;
)";

// Clients of the JSON dialect leave their Subscriptions behind.
constexpr char kBoundBy[] = "ALTER TABLE subscription ADD COLUMN bound_by INTEGER NOT NULL DEFAULT 0";

// How Discoveries went, as Subscriptions that asked for it were told: what the latest version said, and the versions themselves.
constexpr char kProgress[] = R"(
CREATE TABLE progress(
  id TEXT PRIMARY KEY, subscription INTEGER NOT NULL, discovery INTEGER NOT NULL, version INTEGER NOT NULL, told TEXT NOT NULL) STRICT;
CREATE INDEX progress_subscription ON progress(subscription);
CREATE INDEX progress_discovery ON progress(discovery);
CREATE TABLE progress_version(
  id TEXT NOT NULL, version INTEGER NOT NULL, subscription INTEGER NOT NULL, at INTEGER NOT NULL, resource TEXT NOT NULL,
  PRIMARY KEY(id, version)) STRICT;
CREATE INDEX progress_version_subscription ON progress_version(subscription);
)";

// Patients are found by a key at one partner too, and by the day of their birth.
constexpr char kKeysAtPartner[] = R"(
CREATE TABLE patient_key_at(
  scope TEXT NOT NULL, key TEXT NOT NULL, partner TEXT NOT NULL, patient INTEGER NOT NULL,
  PRIMARY KEY(scope, key, partner, patient)) STRICT, WITHOUT ROWID;
INSERT INTO patient_key_at SELECT k.scope, k.key, p.partner, k.patient FROM patient_key k JOIN patient p ON p.sequence = k.patient;
INSERT OR IGNORE INTO patient_key_at SELECT scope, 'b|' || strftime('%Y-%m-%d', json_extract(source, '$.birthDate')), partner, sequence
  FROM patient WHERE length(json_extract(source, '$.birthDate')) >= 10 AND strftime('%Y', json_extract(source, '$.birthDate')) IS NOT NULL;
DROP TABLE patient_key;
ALTER TABLE patient_key_at RENAME TO patient_key;
CREATE INDEX patient_key_patient ON patient_key(patient);
)";

// Which entries their partners have deleted.
constexpr char kDeleted[] = "ALTER TABLE entry ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0";

// How many Subscriptions are live: counting up to 100,000 of them at each create would take milliseconds.
constexpr char kLiveCount[] = R"(
CREATE TABLE subscription_live(id INTEGER PRIMARY KEY CHECK(id = 1), subscriptions INTEGER NOT NULL) STRICT;
INSERT INTO subscription_live SELECT 1, count(*) FROM subscription WHERE deleted = 0 AND status <> 'off';
CREATE TRIGGER subscription_comes AFTER INSERT ON subscription WHEN NEW.deleted = 0 AND NEW.status <> 'off' BEGIN
  UPDATE subscription_live SET subscriptions = subscriptions + 1 WHERE id = 1;
END;
CREATE TRIGGER subscription_changes AFTER UPDATE OF status, deleted ON subscription
WHEN (OLD.deleted = 0 AND OLD.status <> 'off') <> (NEW.deleted = 0 AND NEW.status <> 'off') BEGIN
  UPDATE subscription_live SET subscriptions = subscriptions + iif(NEW.deleted = 0 AND NEW.status <> 'off', 1, -1) WHERE id = 1;
END;
)";

// Versions that no Event needs, and Events that can never come again, were kept.
constexpr char kUnneededVersions[] = R"(
DELETE FROM document_version WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.sequence = document_version.document
  AND d.version = document_version.version AND d.alias_of IS NULL) AND NOT EXISTS (SELECT 1 FROM document d JOIN event e ON e.focus_id = d.id
  WHERE d.sequence = document_version.document AND e.focus_version = document_version.version AND e.retired = 0);
DELETE FROM patient_version WHERE NOT EXISTS (SELECT 1 FROM document_version v WHERE v.patient = patient_version.patient
  AND v.patient_version = patient_version.version AND v.patient <> 0);
DELETE FROM event WHERE retired = 1 AND focus_type = 'Basic';
CREATE INDEX subscription_origin ON subscription(last_updated) WHERE deleted = 1 AND origin <> '';
)";

// What made room for others is retrieved when somebody reads it, and not before.
constexpr char kReleased[] = "ALTER TABLE content ADD COLUMN released INTEGER NOT NULL DEFAULT 0;";

constexpr char kFirstBodies[] = R"(
CREATE TABLE body(sha256 TEXT PRIMARY KEY, slices INTEGER NOT NULL, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX body_incomplete ON body(sha256) WHERE slices = 0;
CREATE TABLE slice(sha256 TEXT NOT NULL, slice INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(sha256, slice)) STRICT;
)";

constexpr int kCachePagesKib = 4096;
constexpr std::int64_t kCacheApplication = 0x54726231;   // "Trb1"
constexpr std::int64_t kBodiesApplication = 0x54726242;  // "TrbB"
constexpr std::array<char const*, 15> kCacheMigrations{
    kFirst,
    kCopies,
    kKeyCheck,
    kSubjects,
    kDeliveries,
    kSubscriptionIndex,
    kSubscriptionVersions,
    kNotices,
    kBoundBy,
    kProgress,
    kKeysAtPartner,
    kDeleted,
    kLiveCount,
    kUnneededVersions,
    kReleased
};
constexpr std::array<char const*, 1> kBodiesMigrations{kFirstBodies};

}  // namespace

FileKind cache_file() { return {kCacheApplication, kCacheMigrations, kCachePagesKib}; }
FileKind bodies_file() { return {kBodiesApplication, kBodiesMigrations}; }

}  // namespace tributary::cache
