#include "cache/patients.hpp"

#include <algorithm>
#include <set>

#include "cache/statements.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/outward.hpp"
#include "fhir/search/date_range.hpp"
#include "fhir/search/document_search.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;

constexpr char kFind[] = "SELECT sequence FROM patient WHERE id = ? AND scope = ?";
constexpr char kLoad[] = "SELECT person, id, partner, version, source FROM patient WHERE sequence = ?";
constexpr char kOfPerson[] = "SELECT sequence FROM patient WHERE person = ? ORDER BY sequence";
constexpr char kRecords[] =
    "SELECT o.sequence FROM patient p JOIN patient o ON o.person = p.person AND o.partner = p.partner WHERE "
    "p.sequence = ?";
constexpr char kIdsOfPerson[] = "SELECT id FROM patient WHERE person = ? ORDER BY sequence";
constexpr char kNewPerson[] = "INSERT INTO person(scope) VALUES(?)";
constexpr char kInsert[] =
    "INSERT INTO patient(id, scope, partner, remote_id, person, version, last_updated, seen_at, source, "
    "resource) "
    "VALUES(?, ?, ?, ?, 0, 1, ?, ?, ?, ?)";
constexpr char kSeen[] = "UPDATE patient SET seen_at = ? WHERE sequence = ?";
constexpr char kUpdate[] =
    "UPDATE patient SET version = ?, last_updated = ?, source = ?, resource = ? WHERE sequence = ?";
constexpr char kKeepVersion[] =
    "INSERT INTO patient_version(patient, version, resource) SELECT sequence, version, resource FROM patient "
    "WHERE sequence = ? AND EXISTS (SELECT 1 FROM document_version v WHERE v.patient = patient.sequence AND "
    "v.patient_version = patient.version AND v.patient <> 0) ON CONFLICT DO NOTHING";
constexpr char kSource[] = "SELECT source, version FROM patient WHERE sequence = ?";
constexpr char kSetPerson[] = "UPDATE patient SET person = ? WHERE sequence = ?";
constexpr char kJoinPatients[] = "UPDATE patient SET person = ? WHERE person = ?";
constexpr char kJoinDocuments[] = "UPDATE document SET person = ? WHERE person = ?";
constexpr char kDropPerson[] = "DELETE FROM person WHERE sequence = ?";
constexpr char kQuestion[] = "SELECT key, sequence FROM discovery WHERE id = ?";
constexpr char kMatched[] =
    "UPDATE exchange SET matched = ? WHERE discovery = (SELECT sequence FROM discovery WHERE id = ?) AND "
    "partner = ?";
constexpr char kExchangePatient[] =
    "INSERT INTO exchange_patient(patient, discovery) SELECT ?, sequence FROM discovery WHERE id = ? ON "
    "CONFLICT DO NOTHING";
// Of the run before, where an Exchange is run again.
constexpr char kTakeBack[] =
    "DELETE FROM exchange_patient WHERE discovery = ? AND (SELECT partner FROM patient WHERE sequence = "
    "exchange_patient.patient) = ?";

constexpr char const* kStatements[] = {
    kFind,
    kLoad,
    kOfPerson,
    kRecords,
    kIdsOfPerson,
    kNewPerson,
    kInsert,
    kSeen,
    kUpdate,
    kKeepVersion,
    kSource,
    kSetPerson,
    kJoinPatients,
    kJoinDocuments,
    kDropPerson,
    kQuestion,
    kMatched,
    kExchangePatient,
    kTakeBack
};

std::string outward(
    NewPatient const& fresh,
    StoreSettings const& settings,
    PatientsAnswer const& answer,
    std::uint64_t version
) {
    fhir::OutwardMeta meta;
    meta.id = fresh.id;
    meta.version_id = std::to_string(version);
    meta.last_updated = fhir::search::format_instant(answer.now);
    meta.source = settings.rules.canonical_base + "/partner/" + answer.partner;
    return fhir::json::write(fhir::outward_patient(fresh.patient, meta));
}

}  // namespace

std::span<char const* const> patient_statements() { return kStatements; }

void Patients::forget() {
    loaded_.clear();
    accepted_.clear();
    is_accepted_.clear();
}

Patients::Named Patients::admit(PatientsAnswer const& answer) {
    Named named;
    Changes changes;
    std::vector<std::int64_t> answered;
    std::string question;
    std::int64_t discovery = 0;
    if (auto row = database_.query(kQuestion, answer.discovery); row.next()) {
        question = row.text(0);
        discovery = row.integer(1);
    }
    auto const before = last_word(answer.scope, question, answer.partner);
    bool says_the_same = !before.ambiguous && before.matched == answer.patients.size();
    for (NewPatient const& fresh : answer.patients) {
        auto const sequence = store(answer, fresh, changes);
        find_person(answer, fresh, sequence, changes);
        says_the_same = says_the_same && is_among(before, sequence);
        answered.push_back(sequence);
    }
    if (!says_the_same && before.discovery == discovery) database_.run(kTakeBack, discovery, answer.partner);
    for (auto const sequence : answered) database_.run(kExchangePatient, sequence, answer.discovery);
    forget();
    if (settings_.acceptance ==
        identity::Acceptance::strict) {  // then the caller has made sure that they are one person
        std::vector<std::int64_t> persons;
        for (auto const sequence : answered) {
            if (auto const row = load(sequence)) persons.push_back(row->person);
        }
        (void)join(std::move(persons), changes);
    }
    database_.run(kMatched, answer.patients.size(), answer.discovery, answer.partner);
    forget();
    if (!says_the_same) named.fresh = before.discovery == 0 ? std::move(answered) : records_of(answered);
    named.joined = std::move(changes.joined);
    for (auto const person : changes.united) {
        auto const its = of_person(person);
        named.united.insert(named.united.end(), its.begin(), its.end());
    }
    return named;
}

std::int64_t Patients::store(PatientsAnswer const& answer, NewPatient const& fresh, Changes& changes) {
    std::string const source = fhir::json::write(fresh.patient.resource);
    std::int64_t sequence = 0;
    std::uint64_t version = 1;
    if (auto known = database_.query(kFind, fresh.id, answer.scope); known.next())
        sequence = known.integer(0);
    if (sequence != 0) {
        database_.run(kSeen, answer.now, sequence);
        auto row = database_.query(kSource, sequence);
        if (!row.next() || row.text(0) == source) return sequence;
        version = static_cast<std::uint64_t>(row.integer(1)) + 1;
    }
    std::string const resource = outward(fresh, settings_, answer, version);
    if (sequence == 0) {
        database_.run(
            kInsert,
            fresh.id,
            answer.scope,
            answer.partner,
            fresh.patient.id,
            answer.now,
            answer.now,
            source,
            resource
        );
        sequence = database_.last_insert();
        database_.run(kNewPerson, answer.scope);
        database_.run(kSetPerson, database_.last_insert(), sequence);
        changes.stored.push_back(sequence);
    } else {
        database_.run(kKeepVersion, sequence);
        database_.run(kUpdate, version, answer.now, source, resource, sequence);
    }
    keys_.store(answer.scope, answer.partner, sequence, fresh);
    auto const kind = version == 1 ? subscriptions::EventKind::create : subscriptions::EventKind::update;
    events_.record_change(answer.scope, kind, Focus{"Patient", fresh.id, version}, answer.now);
    return sequence;
}

/// Links decide first. Who is only alike belongs to a Person if there is but one whom he may be.
void Patients::find_person(
    PatientsAnswer const& answer, NewPatient const& fresh, std::int64_t sequence, Changes& changes
) {
    forget();
    std::set<std::int64_t> linked;
    std::set<std::int64_t> alike;
    std::int64_t own = 0;
    for (auto const candidate : keys_.related(answer.scope, answer.partner, fresh.patient)) {
        auto const row = load(candidate);
        if (!row) continue;
        if (candidate == sequence) {
            own = row->person;
            continue;
        }
        auto const kinship = identity::kinship(row->patient, row->partner, fresh.patient, answer.partner);
        if (kinship == identity::Kinship::linked) linked.insert(row->person);
        if (kinship == identity::Kinship::alike) alike.insert(row->person);
    }
    for (auto const person : linked) {
        if (person != own && may_be_one(person, own, identity::Kinship::linked))
            own = join({person, own}, changes);
    }
    for (auto const person : linked) alike.erase(person);
    alike.erase(own);
    for (auto one = alike.begin(); one != alike.end(); ++one) {
        bool const two_people = std::any_of(std::next(one), alike.end(), [&](std::int64_t other) {
            return !may_be_one(*one, other, identity::Kinship::alike);
        });
        if (two_people) return;
    }
    for (auto const person : alike) {
        if (may_be_one(person, own, identity::Kinship::alike)) own = join({person, own}, changes);
    }
}

/// Not where one Patient contradicts another without being linked to him, nor, of those that are only alike, where one partner tells two apart.
bool Patients::may_be_one(std::int64_t a, std::int64_t b, identity::Kinship why) {
    auto const patients_of_a = of_person(a);
    for (auto const sequence : of_person(b)) {
        auto const row = load(sequence);
        if (!row) continue;
        for (auto const other : patients_of_a) {
            auto const known = load(other);
            if (!known) continue;
            auto const kinship =
                identity::kinship(known->patient, known->partner, row->patient, row->partner);
            if (kinship == identity::Kinship::linked) continue;
            if (identity::contradict(known->patient, row->patient)) return false;
            if (why == identity::Kinship::alike && known->partner == row->partner) return false;
        }
    }
    return true;
}

std::int64_t Patients::join(std::vector<std::int64_t> persons, Changes& changes) {
    std::sort(persons.begin(), persons.end());
    persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
    if (persons.size() > 1) forget();  // what was loaded tells the Persons as they were
    for (std::size_t i = 1; i < persons.size(); ++i) {
        auto const kept = persons.front();
        auto const coming = of_person(persons[i]);
        bool const known_before = std::any_of(coming.begin(), coming.end(), [&](std::int64_t patient) {
            return std::find(changes.stored.begin(), changes.stored.end(), patient) == changes.stored.end();
        });
        if (known_before) changes.united.push_back(kept);
        database_.run(kJoinPatients, kept, persons[i]);
        if (database_.run(kJoinDocuments, kept, persons[i]) > 0) changes.joined.push_back(kept);
        database_.run(kDropPerson, persons[i]);
    }
    return persons.empty() ? 0 : persons.front();
}

std::shared_ptr<PatientRow const> Patients::find(std::string_view scope, std::string_view id) {
    auto row = database_.query(kFind, id, scope);
    return row.next() ? load(row.integer(0)) : nullptr;
}

std::shared_ptr<PatientRow const> Patients::load(std::int64_t sequence) {
    if (auto const known = loaded_.find(sequence); known != loaded_.end()) return known->second;
    auto row = database_.query(kLoad, sequence);
    if (!row.next()) return nullptr;
    auto loaded = std::make_shared<PatientRow>();
    loaded->sequence = sequence;
    loaded->person = row.integer(0);
    loaded->id = row.text(1);
    loaded->partner = row.text(2);
    loaded->version = static_cast<std::uint64_t>(row.integer(3));
    auto resource = fhir::json::read(row.text(4));
    if (!resource) return nullptr;
    auto patient = fhir::read_patient(std::move(*resource));
    if (!patient) return nullptr;
    loaded->patient = std::move(*patient);
    loaded_.emplace(sequence, loaded);
    return loaded;
}

std::vector<std::int64_t> Patients::of_person(std::int64_t person) {
    return database_.query(kOfPerson, person).integers();
}

std::vector<std::int64_t> Patients::records_of(std::vector<std::int64_t> const& patients) {
    std::set<std::int64_t> records;
    for (auto const patient : patients) {
        auto const its = database_.query(kRecords, patient).integers();
        records.insert(its.begin(), its.end());
    }
    return {records.begin(), records.end()};
}

std::vector<std::string> Patients::person_ids(std::int64_t person) {
    return database_.query(kIdsOfPerson, person).texts();
}

}  // namespace tributary::cache
