#include "cache/patient_keys.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cache/statements.hpp"
#include "fhir/identity/acceptance.hpp"
#include "fhir/search/date_range.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;
using Keys = std::vector<std::string>;

constexpr char kDrop[] = "DELETE FROM patient_key WHERE patient = ?";
constexpr char kInsert[] =
    "INSERT INTO patient_key(scope, key, partner, patient) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kByKey[] = "SELECT patient FROM patient_key WHERE scope = ? AND key = ? ORDER BY patient";
// With the first key, and with both others.
constexpr char kByKeys[] =
    "SELECT a.patient FROM patient_key a WHERE a.scope = ? AND a.key = ? AND EXISTS (SELECT 1 FROM "
    "patient_key b WHERE b.scope = a.scope AND b.key = ? AND b.partner = a.partner AND b.patient = "
    "a.patient) AND EXISTS (SELECT 1 FROM patient_key c WHERE c.scope = a.scope AND c.key = ? AND c.partner "
    "= a.partner AND c.patient = a.patient) ORDER BY a.patient";
constexpr char kByKeysAtPartner[] =
    "SELECT a.patient FROM patient_key a WHERE a.scope = ? AND a.key = ? AND EXISTS (SELECT 1 FROM "
    "patient_key b WHERE b.scope = a.scope AND b.key = ? AND b.partner = a.partner AND b.patient = "
    "a.patient) AND EXISTS (SELECT 1 FROM patient_key c WHERE c.scope = a.scope AND c.key = ? AND c.partner "
    "= a.partner AND c.patient = a.patient) AND a.partner = ? ORDER BY a.patient";

constexpr char const* kStatements[] = {kDrop, kInsert, kByKey, kByKeys, kByKeysAtPartner};

constexpr std::size_t kDate = 10;               ///< length of YYYY-MM-DD
constexpr std::size_t kMostCombinations = 100;  ///< of alternatives asked for; beyond, fewer keys narrow

/// Names alone bring too many candidates together, and never make a Person.
bool makes_a_person(std::string const& key) { return !key.starts_with("f|"); }

/// How Patients of one partner that link to each other find each other: one key for the linked and the linking.
Keys link_keys(std::string_view partner, fhir::Patient const& patient) {
    std::string const prefix = "l|" + std::string(partner) + "|";
    Keys keys{prefix + patient.id};
    for (auto const& link : patient.links) {
        auto const id = fhir::reference_id(link.other.reference);
        if (!id.empty()) keys.push_back(prefix + std::string(id));
    }
    return keys;
}

/// The day in UTC; none where only the month or the year is known.
Keys birth_keys(std::string const& date) {
    auto const range = fhir::search::read_date(date);
    if (!range || date.size() < kDate) return {};
    bool const with_time = date.size() > kDate;
    auto const day = with_time ? fhir::search::format_instant(fhir::search::clock_time(range->from)) : date;
    return {"b|" + day.substr(0, kDate)};
}

/// One for each day asked for; none where a value is something else than a day: it may mean more.
Keys birth_keys(fhir::search::Parameter const& parameter) {
    Keys keys;
    if (parameter.name != "birthdate" || !parameter.modifier.empty()) return keys;
    for (std::string_view value : parameter.values) {
        if (value.starts_with("eq")) value.remove_prefix(2);
        if (value.size() != kDate || !fhir::search::read_date(value)) return {};
        keys.push_back("b|" + std::string(value));
    }
    return keys;
}

/// Those of subscriptions::patient_keys() that one parameter of a query asks for; none where it does not narrow.
Keys name_keys(fhir::search::Parameter const& parameter) {
    subscriptions::Plan plan;
    plan.search.patient.parameters = {parameter};
    auto keys = subscriptions::subscription_keys(plan);
    auto const everybody = subscriptions::subscription_keys({});
    return keys == everybody ? Keys() : keys;
}

/// What a Patient has to have, one key of each: of at most three parameters, those first that few Patients share.
std::vector<Keys> required_keys(fhir::search::PatientQuery const& query) {
    constexpr std::size_t kMost = 3;
    std::vector<Keys> required;
    std::size_t combinations = 1;
    if (!query.references.empty()) {
        subscriptions::Plan plan;
        plan.search.patient.references = query.references;
        required.push_back(subscriptions::subscription_keys(plan));
    }
    for (std::string_view const name : {"identifier", "birthdate", "family", "given"}) {
        for (auto const& parameter : query.parameters) {
            if (parameter.name != name || required.size() == kMost) continue;
            auto keys = name == "birthdate" ? birth_keys(parameter) : name_keys(parameter);
            bool const too_many = !required.empty() && combinations * keys.size() > kMostCombinations;
            if (keys.empty() || too_many) continue;
            combinations *= keys.size();
            required.push_back(std::move(keys));
        }
    }
    if (required.empty()) required.push_back(subscriptions::subscription_keys({}));
    return required;
}

}  // namespace

std::span<char const* const> patient_key_statements() { return kStatements; }

void PatientKeys::store(
    std::string_view scope, std::string_view partner, std::int64_t sequence, NewPatient const& fresh
) {
    database_.run(kDrop, sequence);
    auto const insert = [&](Keys const& keys) {
        for (auto const& key : keys) database_.run(kInsert, scope, key, partner, sequence);
    };
    insert(subscriptions::patient_keys(fresh.id, fresh.patient));
    insert(birth_keys(fresh.patient.birth_date));
    insert(identity::person_keys(fresh.patient));
    insert(link_keys(partner, fresh.patient));
}

std::vector<std::int64_t> PatientKeys::related(
    std::string_view scope, std::string_view partner, fhir::Patient const& patient
) {
    Keys keys = identity::person_keys(patient);
    std::erase_if(keys, [](std::string const& key) { return !makes_a_person(key); });
    auto const links = link_keys(partner, patient);
    keys.insert(keys.end(), links.begin(), links.end());
    std::set<std::int64_t> found;
    for (auto const& key : keys) {
        auto row = database_.query(kByKey, scope, key);
        while (row.next()) found.insert(row.integer(0));
    }
    return {found.begin(), found.end()};
}

std::vector<std::int64_t> PatientKeys::candidates(
    std::string_view scope, fhir::search::PatientQuery const& query, std::string_view partner
) {
    auto required = required_keys(query);
    Keys const any{std::string()};  // stands for the key before it
    auto const& second = required.size() > 1 ? required[1] : any;
    auto const& third = required.size() > 2 ? required[2] : any;
    std::set<std::int64_t> found;
    auto const collect = [&found](Statement row) {
        while (row.next()) found.insert(row.integer(0));
    };
    for (auto const& first_key : required.front()) {
        for (auto const& key : second) {
            auto const& second_key = key.empty() ? first_key : key;
            for (auto const& last : third) {
                auto const& third_key = last.empty() ? second_key : last;
                if (partner.empty())
                    collect(database_.query(kByKeys, scope, first_key, second_key, third_key));
                else
                    collect(
                        database_.query(kByKeysAtPartner, scope, first_key, second_key, third_key, partner)
                    );
            }
        }
    }
    return {found.begin(), found.end()};
}

}  // namespace tributary::cache
