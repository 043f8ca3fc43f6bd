#include "cache/documents.hpp"

#include <algorithm>
#include <cctype>

#include "cache/statements.hpp"
#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/outward.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::cache {

namespace {

constexpr char kLoad[] =
    "SELECT person, entry, id, scope, status, version, superseded, conflict, alias_of, hash_mismatch FROM "
    "document WHERE sequence = ?";
constexpr char kInsert[] =
    "INSERT INTO document(id, scope, person, entry, version, status, last_updated, seen_at) VALUES(?, ?, ?, "
    "?, ?, '', ?, ?)";
constexpr char kLastNamed[] = "SELECT max(focus_version) FROM event WHERE focus_id = ?";
constexpr char kUpdate[] =
    "UPDATE document SET entry = ?, version = ?, status = ?, date_from = ?, last_updated = ? WHERE sequence "
    "= ?";
constexpr char kShow[] = "UPDATE document SET entry = ?, status = ? WHERE sequence = ?";
constexpr char kSupersede[] = "UPDATE document SET superseded = ? WHERE sequence = ?";
constexpr char kConflict[] = "UPDATE document SET conflict = 1 WHERE sequence = ?";
constexpr char kHashMismatch[] = "UPDATE document SET hash_mismatch = ? WHERE sequence = ?";
constexpr char kInsertVersion[] =
    "INSERT INTO document_version(document, version, last_updated, resource, patient, patient_version) "
    "VALUES(?, ?, ?, ?, ?, coalesce((SELECT version FROM patient WHERE sequence = ?), 0))";
constexpr char kVersion[] = "SELECT resource FROM document_version WHERE document = ? AND version = ?";
constexpr char kDropIndex[] = "DELETE FROM document_index WHERE document = ?";
constexpr char kInsertIndex[] =
    "INSERT INTO document_index(parameter, value, document) VALUES(?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kAlias[] = "UPDATE document SET alias_of = ? WHERE sequence = ?";
constexpr char kAliases[] = "UPDATE document SET alias_of = ? WHERE alias_of = ?";
constexpr char kRead[] =
    "SELECT k.id, k.version, v.last_updated, v.resource, k.status = 'entered-in-error' AND NOT EXISTS "
    "(SELECT 1 FROM entry e WHERE e.document = k.sequence AND e.provisional = 0 AND e.deleted = 0) FROM "
    "document d "
    "JOIN document k ON k.sequence = coalesce(d.alias_of, d.sequence) "
    "JOIN document_version v ON v.document = k.sequence AND v.version = k.version WHERE d.id = ? AND d.scope "
    "= ?";

constexpr char const* kStatements[] = {
    kLoad,
    kInsert,
    kLastNamed,
    kUpdate,
    kShow,
    kSupersede,
    kConflict,
    kHashMismatch,
    kInsertVersion,
    kVersion,
    kDropIndex,
    kInsertIndex,
    kAlias,
    kAliases,
    kRead
};

/// What is superseded in our view stays so, whatever its partner still says.
std::string effective_status(DocumentRow const& document, fhir::DocumentReference const& reference) {
    bool const superseded = document.superseded != Superseded::no && reference.status == "current";
    return superseded ? "superseded" : reference.status;
}

/// The array of that name, made where there is none.
fhir::json::Value& items_of(fhir::json::Value& resource, char const* name) {
    auto* const items = resource.find(name);
    return items != nullptr && items->is_array() ? *items : resource.set(name, fhir::json::array());
}

}  // namespace

std::span<char const* const> document_statements() { return kStatements; }

std::string index_key(std::string_view value) {
    auto const separator = value.find_last_of("|:^");
    std::string key(separator == std::string_view::npos ? value : value.substr(separator + 1));
    std::erase_if(key, [](unsigned char c) { return std::isspace(c) != 0; });
    return ascii::lower(key);
}

DocumentRow Documents::load(std::int64_t sequence) {
    DocumentRow document;
    document.sequence = sequence;
    auto row = database_.query(kLoad, sequence);
    if (!row.next()) return document;
    document.person = row.integer(0);
    document.entry = row.integer(1);
    document.id = row.text(2);
    document.scope = row.text(3);
    document.status = row.text(4);
    document.version = static_cast<std::uint64_t>(row.integer(5));
    document.superseded = static_cast<Superseded>(row.integer(6));
    document.conflict = row.integer(7) != 0;
    document.alias_of = row.integer(8);
    document.hash_mismatch = row.integer(9) != 0;
    return document;
}

DocumentRow Documents::insert(EntryRow const& entry, std::int64_t person, Utc now) {
    DocumentRow document;
    if (auto row = database_.query(kLastNamed, entry.id); row.next())
        document.version = static_cast<std::uint64_t>(row.integer(0));
    database_.run(kInsert, entry.id, entry.scope, person, entry.sequence, document.version, now, now);
    document.sequence = database_.last_insert();
    document.person = person;
    document.entry = entry.sequence;
    document.id = entry.id;
    document.scope = entry.scope;
    return document;
}

void Documents::mark_superseded(std::int64_t sequence, Superseded how) {
    database_.run(kSupersede, static_cast<int>(how), sequence);
}
void Documents::mark_conflict(std::int64_t sequence) { database_.run(kConflict, sequence); }
void Documents::mark_hash_mismatch(std::int64_t sequence, bool mismatch) {
    database_.run(kHashMismatch, mismatch, sequence);
}

fhir::json::Value Documents::outward(
    DocumentRow const& document, EntryRow const& entry, Appearance appearance, Utc now
) {
    fhir::DocumentReference reference = entry.reference;
    reference.status = document.status;
    reference.resource.set("status", document.status);
    if (!appearance.labels.empty()) reference.resource.set("securityLabel", std::move(appearance.labels));
    for (auto& alias : appearance.aliases) items_of(reference.resource, "identifier").push(std::move(alias));
    auto binary_ids = entry.binary_ids();
    for (auto& rendition : appearance.renditions) {
        items_of(reference.resource, "content").push(std::move(rendition.resource));
        reference.contents.push_back(std::move(rendition.content));
        binary_ids.push_back(std::move(rendition.binary_id));
    }
    fhir::OutwardMeta meta;
    meta.id = document.id;
    meta.version_id = std::to_string(document.version);
    meta.last_updated = fhir::search::format_instant(now);
    meta.source = settings_.rules.canonical_base + "/partner/" + entry.partner;
    meta.related = std::move(appearance.related);
    auto const flag = [&](bool set, char const* code) {
        if (set)
            meta.tags.push_back({settings_.rules.canonical_base + "/CodeSystem/document-flag", code, ""});
    };
    flag(document.conflict, "conflict");
    flag(document.hash_mismatch, "hash-mismatch");
    flag(document.superseded == Superseded::inferred, "inferred-version");
    return fhir::outward_document_reference(reference, meta, appearance.patient_id, binary_ids);
}

bool Documents::is_shown(DocumentRow const& document, fhir::json::Value const& outward) {
    auto const plain = [](fhir::json::Value resource) {
        if (auto* const meta = resource.find("meta")) {
            meta->erase("versionId");
            meta->erase("lastUpdated");
        }
        return resource;
    };
    return document.version > 0 && plain(current(document).resource) == plain(outward);
}

fhir::DocumentReference Documents::publish(
    DocumentRow& document, EntryRow const& entry, Appearance appearance, Write mode, Utc now
) {
    bool const fresh = document.status.empty();
    document.entry = entry.sequence;
    document.status = effective_status(document, entry.reference);
    DocumentRow next = document;
    next.version += 1;
    auto resource = outward(next, entry, std::move(appearance), now);
    if (mode == Write::if_different && is_shown(document, resource)) {
        database_.run(kShow, document.entry, document.status, document.sequence);
        return current(document);
    }
    document.version = next.version;
    database_.run(
        kInsertVersion,
        document.sequence,
        document.version,
        now,
        fhir::json::write(resource),
        entry.patient,
        entry.patient
    );
    auto read = fhir::read_document_reference(std::move(resource));
    auto const reference = read ? std::move(*read) : entry.reference;
    auto const date = fhir::search::read_date(reference.date);
    auto const date_from = date ? std::optional(fhir::search::clock_time(date->from)) : std::nullopt;
    database_.run(
        kUpdate, entry.sequence, document.version, document.status, date_from, now, document.sequence
    );
    index(document, reference);
    versions_.drop_unneeded(document.id, static_cast<std::int64_t>(document.version) - 1);
    auto const kind = fresh ? subscriptions::EventKind::create : subscriptions::EventKind::update;
    events_.record_change(
        document.scope, kind, Focus{"DocumentReference", document.id, document.version}, now
    );
    return reference;
}

void Documents::index(DocumentRow const& document, fhir::DocumentReference const& outward) {
    database_.run(kDropIndex, document.sequence);
    auto const add = [&](std::string_view parameter, std::string_view value) {
        if (!value.empty()) database_.run(kInsertIndex, parameter, index_key(value), document.sequence);
    };
    auto const add_codes = [&](std::string_view parameter, std::vector<fhir::Coding> const& codings) {
        for (auto const& coding : codings) add(parameter, coding.code);
    };
    add("status", outward.status);
    add_codes("type", outward.type);
    add_codes("category", outward.category);
    add_codes("facility", outward.facility_type);
    add_codes("setting", outward.practice_setting);
    add_codes("event", outward.events);
    add_codes("security-label", outward.security_labels);
    if (outward.master_identifier) add("identifier", outward.master_identifier->value);
    for (auto const& identifier : outward.identifiers) add("identifier", identifier.value);
}

fhir::DocumentReference Documents::current(DocumentRow const& document) {
    auto row = database_.query(kVersion, document.sequence, document.version);
    if (!row.next()) return {};
    auto resource = fhir::json::read(row.text(0));
    if (!resource) return {};
    auto reference = fhir::read_document_reference(std::move(*resource));
    return reference ? std::move(*reference) : fhir::DocumentReference();
}

void Documents::make_alias(std::int64_t sequence, std::int64_t of) {
    database_.run(kAlias, of, sequence);
    database_.run(kAliases, of, sequence);
    database_.run(kDropIndex, sequence);
    auto const alias = load(sequence);
    versions_.drop_unneeded(alias.id, static_cast<std::int64_t>(alias.version));
}

void rename(StoredResource& stored, std::string_view alias) {
    if (auto resource = fhir::json::read(stored.resource)) {
        resource->set("id", alias);
        stored.resource = fhir::json::write(*resource);
    }
    stored.id = std::string(alias);
}

FoundResource Documents::read(std::string_view scope, std::string_view id) {
    auto row = database_.query(kRead, id, scope);
    if (!row.next()) return {};
    StoredResource stored{row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.time(2), row.text(3)};
    if (stored.id != id) rename(stored, id);
    return {row.integer(4) == 0 ? Presence::found : Presence::deleted, std::move(stored)};
}

}  // namespace tributary::cache
