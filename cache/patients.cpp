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
constexpr char kIdsOfPerson[] = "SELECT id FROM patient WHERE person = ? ORDER BY sequence";
constexpr char kByKey[] = "SELECT patient FROM patient_key WHERE scope = ? AND key = ? ORDER BY patient";
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
constexpr char kDropKeys[] = "DELETE FROM patient_key WHERE patient = ?";
constexpr char kInsertKey[] =
    "INSERT INTO patient_key(scope, key, patient) VALUES(?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kJoinPatients[] = "UPDATE patient SET person = ? WHERE person = ?";
constexpr char kJoinDocuments[] = "UPDATE document SET person = ? WHERE person = ?";
constexpr char kDropPerson[] = "DELETE FROM person WHERE sequence = ?";
constexpr char kMatched[] =
    "UPDATE exchange SET matched = ? WHERE discovery = (SELECT sequence FROM discovery WHERE id = ?) AND "
    "partner = ?";
constexpr char kExchangePatient[] =
    "INSERT INTO exchange_patient(patient, discovery) SELECT ?, sequence FROM discovery WHERE id = ? ON "
    "CONFLICT DO NOTHING";

constexpr char const* kStatements[] = {
    kFind,
    kLoad,
    kOfPerson,
    kIdsOfPerson,
    kByKey,
    kNewPerson,
    kInsert,
    kSeen,
    kUpdate,
    kKeepVersion,
    kSource,
    kSetPerson,
    kDropKeys,
    kInsertKey,
    kJoinPatients,
    kJoinDocuments,
    kDropPerson,
    kMatched,
    kExchangePatient
};

/// Names alone bring too many candidates together, and never make a Person.
bool makes_a_person(std::string const& key) { return !key.starts_with("f|"); }

/// How Patients of one partner that link to each other find each other: one key for the linked and the linking.
std::vector<std::string> link_keys(std::string_view partner, fhir::Patient const& patient) {
    std::string const prefix = "l|" + std::string(partner) + "|";
    std::vector<std::string> keys{prefix + patient.id};
    for (auto const& link : patient.links) {
        auto const id = fhir::reference_id(link.other.reference);
        if (!id.empty()) keys.push_back(prefix + std::string(id));
    }
    return keys;
}

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
}

std::vector<std::int64_t> Patients::admit(PatientsAnswer const& answer) {
    std::vector<std::int64_t> joined;
    std::vector<std::int64_t> answered;
    for (NewPatient const& fresh : answer.patients) {
        auto const sequence = store(answer, fresh);
        find_person(answer, fresh, sequence, joined);
        database_.run(kExchangePatient, sequence, answer.discovery);
        answered.push_back(sequence);
    }
    forget();
    if (settings_.acceptance ==
        identity::Acceptance::strict) {  // then the caller has made sure that they are one person
        std::vector<std::int64_t> persons;
        for (auto const sequence : answered) {
            if (auto const row = load(sequence)) persons.push_back(row->person);
        }
        (void)join(std::move(persons), joined);
    }
    database_.run(kMatched, answer.patients.size(), answer.discovery, answer.partner);
    forget();
    return joined;
}

std::int64_t Patients::store(PatientsAnswer const& answer, NewPatient const& fresh) {
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
    } else {
        database_.run(kKeepVersion, sequence);
        database_.run(kUpdate, version, answer.now, source, resource, sequence);
    }
    store_keys(answer.scope, answer.partner, sequence, fresh);
    auto const kind = version == 1 ? subscriptions::EventKind::create : subscriptions::EventKind::update;
    events_.record_change(answer.scope, kind, Focus{"Patient", fresh.id, version}, answer.now);
    return sequence;
}

void Patients::store_keys(
    std::string_view scope, std::string_view partner, std::int64_t sequence, NewPatient const& fresh
) {
    database_.run(kDropKeys, sequence);
    auto const insert = [&](std::vector<std::string> const& keys) {
        for (auto const& key : keys) database_.run(kInsertKey, scope, key, sequence);
    };
    insert(subscriptions::patient_keys(fresh.id, fresh.patient));
    insert(identity::person_keys(fresh.patient));
    insert(link_keys(partner, fresh.patient));
}

/// Links decide first. Who is only alike belongs to a Person if there is but one whom he may be.
void Patients::find_person(
    PatientsAnswer const& answer,
    NewPatient const& fresh,
    std::int64_t sequence,
    std::vector<std::int64_t>& joined
) {
    forget();
    std::vector<std::string> keys = identity::person_keys(fresh.patient);
    std::erase_if(keys, [](std::string const& key) { return !makes_a_person(key); });
    auto const links = link_keys(answer.partner, fresh.patient);
    keys.insert(keys.end(), links.begin(), links.end());
    std::set<std::int64_t> linked;
    std::set<std::int64_t> alike;
    std::int64_t own = 0;
    for (auto const candidate : candidates(answer.scope, keys)) {
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
            own = join({person, own}, joined);
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
        if (may_be_one(person, own, identity::Kinship::alike)) own = join({person, own}, joined);
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

std::int64_t Patients::join(std::vector<std::int64_t> persons, std::vector<std::int64_t>& joined) {
    std::sort(persons.begin(), persons.end());
    persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
    if (persons.size() > 1) forget();  // what was loaded tells the Persons as they were
    for (std::size_t i = 1; i < persons.size(); ++i) {
        auto const kept = persons.front();
        database_.run(kJoinPatients, kept, persons[i]);
        if (database_.run(kJoinDocuments, kept, persons[i]) > 0) joined.push_back(kept);
        database_.run(kDropPerson, persons[i]);
    }
    return persons.empty() ? 0 : persons.front();
}

std::vector<std::int64_t> Patients::candidates(std::string_view scope, std::vector<std::string> const& keys) {
    std::set<std::int64_t> found;
    for (auto const& key : keys) {
        auto row = database_.query(kByKey, scope, key);
        while (row.next()) found.insert(row.integer(0));
    }
    return {found.begin(), found.end()};
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
    std::vector<std::int64_t> patients;
    auto row = database_.query(kOfPerson, person);
    while (row.next()) patients.push_back(row.integer(0));
    return patients;
}

std::vector<std::string> Patients::person_ids(std::int64_t person) {
    std::vector<std::string> ids;
    auto row = database_.query(kIdsOfPerson, person);
    while (row.next()) ids.push_back(row.text(0));
    return ids;
}

Accepted const& Patients::accepted(std::string_view scope, subscriptions::Plan const& plan) {
    std::string key(scope);
    key += '\n';
    key += plan.search.patient.key();
    for (auto const& reference : plan.search.patient.references) key += "\n" + reference;
    auto known = accepted_.find(key);
    if (known == accepted_.end()) known = accepted_.emplace(std::move(key), evaluate(scope, plan)).first;
    return known->second;
}

Accepted Patients::evaluate(std::string_view scope, subscriptions::Plan const& plan) {
    auto const& references = plan.search.patient.references;
    std::vector<std::int64_t> found;
    if (references.empty()) found = candidates(scope, subscriptions::subscription_keys(plan));
    for (auto const& reference : references) {
        auto const named = find(scope, reference);
        if (!named) continue;
        for (auto const sequence : of_person(named->person)) found.push_back(sequence);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());

    Accepted accepted;
    std::map<std::string, std::set<std::int64_t>> persons;  // of each partner
    for (auto const sequence : found) {
        auto row = load(sequence);
        if (!row) continue;
        auto const ids = references.empty() ? std::vector<std::string>() : person_ids(row->person);
        if (!subscriptions::wants_patient(plan, settings_.acceptance, row->patient, ids)) continue;
        persons[row->partner].insert(row->person);
        accepted.patients.push_back(std::move(row));
    }
    if (settings_.acceptance == identity::Acceptance::search) return accepted;
    for (auto const& [partner, several] : persons) {
        if (several.size() > 1 && references.empty()) accepted.ambiguous.push_back(partner);
    }
    std::erase_if(accepted.patients, [&](auto const& row) {
        return std::binary_search(accepted.ambiguous.begin(), accepted.ambiguous.end(), row->partner);
    });
    return accepted;
}

}  // namespace tributary::cache
