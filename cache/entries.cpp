#include "cache/entries.hpp"

#include <algorithm>

#include "cache/statements.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;

constexpr char kFind[] = "SELECT sequence FROM entry WHERE scope = ? AND partner = ? AND remote_id = ?";
constexpr char kLoad[] =
    "SELECT id, scope, partner, remote_id, patient, document, provisional, home_community_id, resource, "
    "owner, deleted "
    "FROM entry WHERE sequence = ?";
constexpr char kContents[] =
    "SELECT c.binary_id, c.sha256, b.document_id, b.set_id, b.version_number, c.released FROM content c LEFT "
    "JOIN body b "
    "ON b.sha256 = c.sha256 "
    "WHERE c.entry = ? ORDER BY c.ordinal";
constexpr char kTwin[] =
    "SELECT c.sha256, b.document_id, b.set_id, b.version_number FROM entry e JOIN content c ON c.entry = "
    "e.sequence JOIN body b ON b.sha256 = c.sha256 "
    "WHERE e.document = ? AND e.provisional = 0 AND c.digest = ? LIMIT 1";
constexpr char kInsert[] =
    "INSERT INTO entry(id, scope, partner, remote_id, patient, document, provisional, k1, home_community_id, "
    "owner, resource, seen_at) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kReplace[] =
    "UPDATE entry SET k1 = ?, home_community_id = ?, owner = ?, resource = ?, seen_at = ?, deleted = ?, "
    "patient = ? WHERE sequence = ?";
constexpr char kSeen[] = "UPDATE entry SET seen_at = ? WHERE sequence = ?";
constexpr char kSeenDocument[] =
    "UPDATE document SET seen_at = ? WHERE sequence = (SELECT document FROM entry WHERE sequence = ?)";
constexpr char kUnseen[] =
    "SELECT e.remote_id FROM patient p JOIN entry e ON e.patient = p.sequence WHERE p.id = ? AND p.scope = ? "
    "AND "
    "e.seen_at < ? AND json_extract(e.resource, '$.id') = e.remote_id AND json_extract(e.resource, "
    "'$.status') "
    "<> 'entered-in-error' ORDER BY e.seen_at LIMIT ?";
// A bar cannot stand in an id; '}' comes next after it.
constexpr char kSetAside[] =
    "SELECT sequence FROM entry WHERE scope = ? AND partner = ? AND remote_id > ? || '|' AND remote_id < ? "
    "|| '}' AND deleted = 1 ORDER BY sequence";
constexpr char kPutAside[] = "UPDATE entry SET remote_id = remote_id || '|' || sequence WHERE sequence = ?";
constexpr char kTakeBack[] = "UPDATE entry SET remote_id = ? WHERE sequence = ?";
constexpr char kLoseContents[] = "UPDATE content SET url = '', gone = 1 WHERE entry = ?";
constexpr char kLast[] = "SELECT max(sequence) FROM entry";
constexpr char kAssign[] = "UPDATE entry SET document = ?, provisional = ? WHERE sequence = ?";
constexpr char kAssignAll[] = "UPDATE entry SET document = ? WHERE document = ?";
constexpr char kInsertContent[] =
    "INSERT INTO content(binary_id, scope, entry, ordinal, url, content_type, hash, digest, size, sha256) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(binary_id) DO UPDATE SET ordinal = excluded.ordinal, url = excluded.url, content_type = "
    "excluded.content_type, "
    "hash = excluded.hash, digest = excluded.digest, size = excluded.size, gone = CASE WHEN excluded.url = "
    "url "
    "THEN gone ELSE 0 END, released = CASE WHEN excluded.sha256 = '' AND excluded.url = url AND "
    "excluded.content_type = content_type AND excluded.hash = hash THEN released ELSE 0 END, "
    "sha256 = CASE WHEN "
    "excluded.sha256 <> '' THEN excluded.sha256 "
    "WHEN excluded.url = url AND excluded.content_type = content_type AND excluded.hash = hash THEN sha256 "
    "ELSE '' END";
constexpr char kDropContents[] = "DELETE FROM content WHERE entry = ? AND ordinal >= ?";

constexpr char kByK1[] =
    "SELECT e.sequence FROM entry e JOIN document d ON d.sequence = e.document WHERE e.k1 = ? AND e.k1 <> '' "
    "AND e.provisional = 0 "
    "AND d.person = ? ORDER BY e.sequence LIMIT 200";
constexpr char kByDigest[] =
    "SELECT e.sequence FROM content c JOIN entry e ON e.sequence = c.entry JOIN document d ON d.sequence = "
    "e.document "
    "WHERE c.digest = ? AND c.digest <> '' AND e.provisional = 0 AND d.person = ? ORDER BY e.sequence LIMIT "
    "200";
constexpr char kBySha256[] =
    "SELECT e.sequence FROM content c JOIN entry e ON e.sequence = c.entry JOIN document d ON d.sequence = "
    "e.document "
    "WHERE c.sha256 = ? AND c.sha256 <> '' AND e.provisional = 0 AND d.person = ? ORDER BY e.sequence LIMIT "
    "200";
constexpr char kBySetId[] =
    "SELECT e.sequence FROM body b JOIN content c ON c.sha256 = b.sha256 AND c.sha256 <> '' JOIN entry e ON "
    "e.sequence = c.entry "
    "JOIN document d ON d.sequence = e.document WHERE b.set_id = ? AND b.set_id <> '' AND e.provisional = 0 "
    "AND d.person = ? "
    "ORDER BY e.sequence LIMIT 200";
constexpr char kAnyReleased[] =
    "SELECT 1 FROM document d JOIN entry e ON e.document = d.sequence JOIN content c ON c.entry = e.sequence "
    "WHERE d.person = ? AND d.status <> 'entered-in-error' AND c.released = 1 LIMIT 1";
constexpr char kOfDocument[] =
    "SELECT sequence FROM entry WHERE document = ? AND provisional = ? ORDER BY sequence";
constexpr char kOfPerson[] =
    "SELECT e.sequence FROM document d JOIN entry e ON e.document = d.sequence WHERE d.person = ? AND "
    "e.provisional = 0 ORDER BY e.sequence";
constexpr char kDocument[] = "SELECT document FROM entry WHERE sequence = ?";
constexpr char kPatientsOf[] =
    "SELECT DISTINCT patient FROM entry WHERE document = ? AND (provisional = 0 OR json_extract(resource, "
    "'$.status') <> 'entered-in-error')";
constexpr char kOfBinary[] = "SELECT entry FROM content WHERE binary_id = ?";
constexpr char kIsCurrent[] = "SELECT 1 FROM content WHERE binary_id = ? AND url = ? AND hash = ?";
constexpr char kSetBody[] = "UPDATE content SET sha256 = ?, released = 0 WHERE binary_id = ?";
constexpr char kInsertBody[] =
    "INSERT INTO body(sha256, size, document_id, set_id, version_number, media_type, used_at) VALUES(?, ?, "
    "?, "
    "?, ?, ?, ?) "
    "ON CONFLICT(sha256) DO UPDATE SET used_at = max(used_at, excluded.used_at), document_id = "
    "excluded.document_id, set_id = excluded.set_id, "
    "version_number = excluded.version_number, media_type = excluded.media_type";
constexpr char kGone[] = "UPDATE content SET gone = 1 WHERE binary_id = ? AND scope = ? AND url = ?";

constexpr char const* kStatements[] = {
    kFind,         kLoad,       kContents,      kInsert,       kReplace,  kSeen,     kSeenDocument,
    kAssign,       kAssignAll,  kInsertContent, kDropContents, kByK1,     kByDigest, kBySha256,
    kBySetId,      kOfDocument, kOfPerson,      kPatientsOf,   kOfBinary, kSetBody,  kInsertBody,
    kGone,         kUnseen,     kTwin,          kIsCurrent,    kSetAside, kPutAside, kTakeBack,
    kLoseContents, kLast,       kAnyReleased,   kDocument
};

identity::BodyIdentity body_identity(Statement& row, int first) {
    auto const version = row.is_null(first + 3) ? std::nullopt : std::optional(row.integer(first + 3));
    return {row.text(first), row.text(first + 1), row.text(first + 2), version};
}

/// The digest of K3 as text: "" where the content has no usable one.
std::string digest_key(fhir::Attachment const& attachment) {
    auto const digest = identity::read_digest(attachment.hash);
    if (!digest || attachment.size == 0) return {};
    static constexpr char kHex[] = "0123456789abcdef";
    std::string key = digest->algorithm == identity::Digest::Algorithm::sha1 ? "sha1|" : "sha256|";
    for (char const character : digest->bytes) {
        auto const byte = static_cast<unsigned char>(character);
        key += kHex[byte >> 4U];
        key += kHex[byte & 0xFU];
    }
    return key;
}

}  // namespace

std::span<char const* const> entry_statements() { return kStatements; }

std::vector<std::string> EntryRow::binary_ids() const {
    std::vector<std::string> ids;
    for (auto const& content : contents) ids.push_back(content.binary_id);
    return ids;
}

std::vector<std::string> Entries::missing(EntryRow const& entry) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < entry.contents.size() && i < entry.reference.contents.size(); ++i) {
        auto const& content = entry.contents[i];
        if (content.sha256.empty() && !content.released &&
            fhir::is_retrievable(entry.reference.contents[i].attachment))
            ids.push_back(content.binary_id);
    }
    return ids;
}

std::int64_t Entries::find(std::string_view scope, std::string_view partner, std::string_view remote_id) {
    auto row = database_.query(kFind, scope, partner, remote_id);
    return row.next() ? row.integer(0) : 0;
}

EntryRow Entries::load(std::int64_t sequence) {
    EntryRow entry;
    entry.sequence = sequence;
    {
        auto row = database_.query(kLoad, sequence);
        if (!row.next()) return entry;
        entry.id = row.text(0);
        entry.scope = row.text(1);
        entry.partner = row.text(2);
        entry.remote_id = row.text(3);
        entry.patient = row.integer(4);
        entry.document = row.integer(5);
        entry.provisional = row.integer(6) != 0;
        entry.home_community_id = row.text(7);
        entry.owner = row.integer(9) != 0;
        entry.deleted = row.integer(10) != 0;
        if (auto resource = fhir::json::read(row.text(8))) {
            if (auto reference = fhir::read_document_reference(std::move(*resource)))
                entry.reference = std::move(*reference);
        }
    }
    auto row = database_.query(kContents, sequence);
    while (row.next()) {
        ContentRow content;
        content.binary_id = row.text(0);
        content.sha256 = row.text(1);
        content.released = row.integer(5) != 0;
        if (!row.is_null(2)) content.body = body_identity(row, 1);
        auto const index = entry.contents.size();
        if (index < entry.reference.contents.size() && !content.sha256.empty()) {
            auto& attachment = entry.reference.contents[index].attachment;
            attachment.has_data = attachment.has_data || attachment.url.empty();  // it came inline
        }
        entry.contents.push_back(std::move(content));
    }
    return entry;
}

void Entries::lend_bodies(EntryRow& entry) {
    for (std::size_t i = 0; i < entry.contents.size() && i < entry.reference.contents.size(); ++i) {
        if (entry.contents[i].body) continue;
        auto const key = digest_key(entry.reference.contents[i].attachment);
        if (key.empty()) continue;
        auto row = database_.query(kTwin, entry.document, key);
        if (row.next()) entry.contents[i].body = body_identity(row, 0);
    }
}

void Entries::insert(EntryRow& entry, Utc now) {
    database_.run(
        kInsert,
        entry.id,
        entry.scope,
        entry.partner,
        entry.remote_id,
        entry.patient,
        entry.document,
        entry.provisional,
        identity::unique_id(entry.reference),
        entry.home_community_id,
        entry.owner,
        fhir::json::write(entry.reference.resource),
        now
    );
    entry.sequence = database_.last_insert();
    insert_contents(entry);
    relations_.store(entry);
}

void Entries::keep_inline(InlineBody const& body, Utc now) {
    store_body(body.identity, body.size, body.media_type, now);
}

void Entries::store_body(
    identity::BodyIdentity const& identity, std::uint64_t size, std::string_view media_type, Utc used_at
) {
    database_.run(
        kInsertBody,
        identity.sha256,
        size,
        identity.document_id,
        identity.set_id,
        identity.version_number,
        media_type,
        used_at
    );
}

void Entries::replace(EntryRow& entry, Utc now) {
    auto const resource = fhir::json::write(entry.reference.resource);
    database_.run(
        kReplace,
        identity::unique_id(entry.reference),
        entry.home_community_id,
        entry.owner,
        resource,
        now,
        entry.deleted,
        entry.patient,
        entry.sequence
    );
    database_.run(kDropContents, entry.sequence, entry.contents.size());
    insert_contents(entry);
    relations_.store(entry);
    seen(entry.sequence, now);
    entry.contents = load(entry.sequence).contents;
}

void Entries::insert_contents(EntryRow const& entry) {
    for (std::size_t i = 0; i < entry.contents.size() && i < entry.reference.contents.size(); ++i) {
        auto const& attachment = entry.reference.contents[i].attachment;
        auto const& content = entry.contents[i];
        database_.run(
            kInsertContent,
            content.binary_id,
            entry.scope,
            entry.sequence,
            i,
            attachment.url,
            attachment.content_type,
            attachment.hash,
            digest_key(attachment),
            attachment.size,
            content.sha256
        );
    }
}

void Entries::seen(std::int64_t sequence, Utc now) {
    database_.run(kSeen, now, sequence);
    database_.run(kSeenDocument, now, sequence);
}

void Entries::looked_for(std::int64_t sequence, Utc now) { database_.run(kSeen, now, sequence); }

std::vector<std::string> Entries::unseen(
    std::string_view scope, std::string_view patient, Utc since, std::size_t limit
) {
    return database_.query(kUnseen, patient, scope, since, limit).texts();
}

std::vector<std::int64_t> Entries::set_aside(EntryRow const& entry) {
    return database_.query(kSetAside, entry.scope, entry.partner, entry.remote_id, entry.remote_id)
        .integers();
}

void Entries::put_aside(EntryRow const& entry) {
    database_.run(kPutAside, entry.sequence);
    database_.run(kLoseContents, entry.sequence);
}

void Entries::take_back(std::int64_t sequence, std::string_view remote_id) {
    database_.run(kTakeBack, remote_id, sequence);
}

std::int64_t Entries::document_of(std::int64_t sequence) {
    auto row = database_.query(kDocument, sequence);
    return row.next() ? row.integer(0) : 0;
}

std::int64_t Entries::next_sequence() {
    auto row = database_.query(kLast);
    return row.next() ? row.integer(0) + 1 : 1;
}

void Entries::assign(EntryRow& entry, std::int64_t document, bool provisional) {
    entry.document = document;
    entry.provisional = provisional;
    database_.run(kAssign, document, provisional, entry.sequence);
}

void Entries::assign_all(std::int64_t from_document, std::int64_t to_document) {
    database_.run(kAssignAll, to_document, from_document);
}

std::vector<std::int64_t> Entries::candidates(EntryRow const& entry, std::int64_t person) {
    std::vector<std::int64_t> found;
    auto const collect = [&found](std::vector<std::int64_t> const& entries) {
        found.insert(found.end(), entries.begin(), entries.end());
    };
    auto const k1 = identity::unique_id(entry.reference);
    if (!k1.empty()) collect(database_.query(kByK1, k1, person).integers());
    if (auto const uuid = identity::entry_uuid(entry.reference); !uuid.empty())
        collect(relations_.known_as(uuid, person));
    for (auto const& content : entry.reference.contents) {
        if (auto const key = digest_key(content.attachment); !key.empty())
            collect(database_.query(kByDigest, key, person).integers());
    }
    for (auto const& content : entry.contents) {
        if (!content.sha256.empty()) collect(database_.query(kBySha256, content.sha256, person).integers());
    }
    collect(of_set(entry, person));
    for (auto const& edge : relations_.pointing_at(entry, person)) found.push_back(edge.entry);
    for (auto const& relation : entry.reference.relates_to)
        collect(relations_.targets(entry, relation, person));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    std::erase(found, entry.sequence);
    return found;
}

std::vector<std::int64_t> Entries::of_set(EntryRow const& entry, std::int64_t person) {
    std::vector<std::int64_t> found;
    for (auto const& content : entry.contents) {
        if (!content.body || content.body->set_id.empty()) continue;
        auto const versions = database_.query(kBySetId, content.body->set_id, person).integers();
        found.insert(found.end(), versions.begin(), versions.end());
    }
    return found;
}

bool Entries::any_released(std::int64_t person) { return database_.query(kAnyReleased, person).next(); }

std::vector<std::int64_t> Entries::of_document(std::int64_t document, bool provisional) {
    return database_.query(kOfDocument, document, provisional).integers();
}

std::vector<std::int64_t> Entries::of_person(std::int64_t person) {
    return database_.query(kOfPerson, person).integers();
}

std::vector<std::int64_t> Entries::patients_of(std::int64_t document) {
    return database_.query(kPatientsOf, document).integers();
}

std::int64_t Entries::of_binary(std::string_view binary_id) {
    auto row = database_.query(kOfBinary, binary_id);
    return row.next() ? row.integer(0) : 0;
}

bool Entries::is_current(AttachedBody const& body) {
    return database_.query(kIsCurrent, body.binary_id, body.url, body.hash).next();
}

void Entries::set_body(AttachedBody const& body) {
    store_body(body.identity, body.size, body.media_type, body.now);
    set_body(body.binary_id, body.identity.sha256);
}

void Entries::set_body(std::string_view binary_id, std::string_view sha256) {
    database_.run(kSetBody, sha256, binary_id);
}

void Entries::discard(AttachedBody const& body) {
    store_body(body.identity, body.size, body.media_type, Utc());
}
void Entries::discard(InlineBody const& body) {
    store_body(body.identity, body.size, body.media_type, Utc());
}

void Entries::mark_gone(std::string_view scope, std::string_view binary_id, std::string_view url) {
    database_.run(kGone, binary_id, scope, url);
}

}  // namespace tributary::cache
