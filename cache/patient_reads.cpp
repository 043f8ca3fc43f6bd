#include <algorithm>

#include "cache/patients.hpp"
#include "cache/statements.hpp"
#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/person_name.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/search/comparison.hpp"
#include "fhir/search/date_range.hpp"
#include "fhir/search/document_search.hpp"

namespace tributary::cache {

namespace {

constexpr char kRead[] = "SELECT id, version, last_updated, resource FROM patient WHERE id = ? AND scope = ?";
constexpr char kResource[] = "SELECT id, version, last_updated, resource FROM patient WHERE sequence = ?";
constexpr char kAll[] = "SELECT sequence FROM patient WHERE scope = ? ORDER BY sequence LIMIT ? OFFSET ?";
constexpr char kCount[] = "SELECT count(*) FROM patient WHERE scope = ?";

constexpr char const* kStatements[] = {kRead, kResource, kAll, kCount};

StoredResource stored(Statement const& row) {
    return {row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.time(2), row.text(3)};
}

void add(fhir::search::PatientQuery& query, std::string name, std::vector<std::string> values) {
    fhir::search::Parameter parameter;
    parameter.name = std::move(name);
    parameter.values = std::move(values);
    query.parameters.push_back(std::move(parameter));
}

/// A name the Patient goes by now.
std::optional<fhir::HumanName> telling_name(fhir::Patient const& patient) {
    for (auto const& name : patient.names) {
        if (!fhir::identity::is_alias(name) && !fhir::identity::is_placeholder(name)) return name;
    }
    return std::nullopt;
}

}  // namespace

std::span<char const* const> patient_read_statements() { return kStatements; }

FoundResource Patients::read(std::string_view scope, std::string_view id) {
    auto row = database_.query(kRead, id, scope);
    if (!row.next()) return {};
    return {Presence::found, stored(row)};
}

ResourcePage Patients::search(PatientSearchRequest const& request) {
    ResourcePage page;
    std::vector<std::int64_t> wanted;
    auto const& query = request.query;
    if (query.empty()) {
        auto all = database_.query(kAll, request.scope, request.count, request.offset);
        while (all.next()) wanted.push_back(all.integer(0));
        auto count = database_.query(kCount, request.scope);
        if (count.next()) page.total = static_cast<std::size_t>(count.integer(0));
    } else {
        auto const candidates = keys_.candidates(request.scope, query);
        page.too_costly = candidates.size() > settings_.search_candidates;
        if (page.too_costly) return page;
        std::size_t matched = 0;
        for (auto const sequence : candidates) {
            auto const row = load(sequence);
            bool const named = row && (query.references.empty() ||
                                       std::find(query.references.begin(), query.references.end(), row->id) !=
                                           query.references.end());
            if (!named || !matches(query.parameters, *row)) continue;
            if (matched >= request.offset && wanted.size() < request.count) wanted.push_back(sequence);
            ++matched;
        }
        page.total = matched;
    }
    for (auto const sequence : wanted) {
        auto row = database_.query(kResource, sequence);
        if (row.next()) page.resources.push_back(stored(row));
    }
    return page;
}

bool Patients::are_more_than(
    std::size_t most, std::string_view scope, fhir::search::PatientQuery const& query
) {
    return !query.empty() && query.references.empty() && keys_.candidates(scope, query).size() > most;
}

/// `_lastUpdated` is the time of our resource, not of the partner's. Source: document-sharing F.8.
bool Patients::matches(std::vector<fhir::search::Parameter> const& parameters, PatientRow const& row) {
    bool const asks_time = std::any_of(parameters.begin(), parameters.end(), [](auto const& parameter) {
        return parameter.name == "_lastUpdated";
    });
    if (!asks_time) return fhir::search::matches_all(parameters, row.patient);
    auto shown = row.patient;
    auto resource = database_.query(kResource, row.sequence);
    if (resource.next())
        shown.meta.last_updated = fhir::search::format_instant(stored(resource).last_updated);
    return fhir::search::matches_all(parameters, shown);
}

Result<std::optional<fhir::search::PatientQuery>> Patients::discovery_query(
    std::string_view scope, fhir::search::PatientQuery const& query
) {
    std::optional<std::int64_t> person;
    for (auto const& reference : query.references) {
        auto const named = find(scope, reference);
        if (!named) return std::optional<fhir::search::PatientQuery>();
        if (person && *person != named->person) {
            return Failure(
                       Errc::not_supported,
                       "the criteria name patients that are different people: create a Subscription for each"
            )
                .at("Subscription.criteria");
        }
        person = named->person;
    }
    std::optional result = fhir::search::PatientQuery{query.parameters, {}};
    if (person) add_demographics(*person, *result);
    return result;
}

void Patients::add_demographics(std::int64_t person, fhir::search::PatientQuery& query) {
    std::vector<std::string> identifiers;
    std::optional<fhir::HumanName> name;
    std::string birth_date, gender;
    for (auto const sequence : of_person(person)) {
        auto const row = load(sequence);
        if (!row) continue;
        for (auto const& identifier : row->patient.identifiers) {
            auto token = fhir::search::token_query(identifier.system, identifier.value);
            bool const usable = !identifier.value.empty() && !identifier.system.empty();
            if (usable && std::find(identifiers.begin(), identifiers.end(), token) == identifiers.end())
                identifiers.push_back(std::move(token));
        }
        if (!name) name = telling_name(row->patient);
        if (birth_date.empty()) birth_date = row->patient.birth_date;
        if (gender.empty() && row->patient.gender != "unknown") gender = row->patient.gender;
    }
    if (!identifiers.empty()) add(query, "identifier", std::move(identifiers));
    if (name && !name->family.empty()) add(query, "family", {name->family});
    if (name && !name->given.empty()) add(query, "given", {name->given.front()});
    if (!birth_date.empty()) add(query, "birthdate", {birth_date});
    if (!gender.empty()) add(query, "gender", {gender});
}

bool Patients::are_others(std::vector<fhir::Patient> const& subjects, PatientRow const& patient) {
    std::vector<std::shared_ptr<PatientRow const>> known;
    for (auto const sequence : of_person(patient.person)) {
        if (auto row = load(sequence)) known.push_back(std::move(row));
    }
    auto const about = [&](fhir::Patient const& subject) {
        return fhir::identity::is_about(subject, patient.patient) ||
               std::any_of(known.begin(), known.end(), [&](auto const& row) {
                   return fhir::identity::is_about(subject, row->patient);
               });
    };
    auto const stranger = [&](fhir::Patient const& subject) {
        return fhir::identity::is_somebody_else(subject, patient.patient) &&
               std::all_of(known.begin(), known.end(), [&](auto const& row) {
                   return fhir::identity::is_somebody_else(subject, row->patient);
               });
    };
    return std::any_of(subjects.begin(), subjects.end(), stranger) &&
           std::none_of(subjects.begin(), subjects.end(), about);
}

}  // namespace tributary::cache
