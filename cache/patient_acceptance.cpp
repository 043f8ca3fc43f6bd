#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "cache/codes.hpp"
#include "cache/patients.hpp"
#include "cache/statements.hpp"
#include "fhir/search/question.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

using fhir::identity::Acceptance;

constexpr char kAsked[] = "SELECT 1 FROM discovery WHERE scope = ? AND key = ? LIMIT 1";
constexpr char kNamedBy[] =
    "SELECT 1 FROM discovery d JOIN exchange_patient a ON a.patient = ? AND a.discovery = d.sequence WHERE "
    "d.scope = ? AND d.key = ? ORDER BY d.sequence DESC LIMIT 1";
// Whom it has named counts while its documents are still asked for, and where that fails in the end.
constexpr char kAnswers[] =
    "SELECT e.issue, e.matched, d.sequence FROM discovery d JOIN exchange e ON e.discovery = d.sequence AND "
    "e.partner = ? WHERE d.scope = ? AND d.key = ? AND (e.state = 'answered' OR e.matched > 0) ORDER BY "
    "d.sequence DESC";
constexpr char kIsAmong[] = "SELECT 1 FROM exchange_patient WHERE patient = ? AND discovery = ?";
constexpr char kIsPersonAmong[] =
    "SELECT 1 FROM patient p JOIN exchange_patient a ON a.patient = p.sequence AND a.discovery = ? WHERE "
    "p.person = ? AND p.partner = ? LIMIT 1";
constexpr char kQuestions[] =
    "SELECT DISTINCT d.key FROM exchange_patient a JOIN discovery d ON d.sequence = a.discovery WHERE "
    "a.patient = ? ORDER BY d.key";

constexpr char const* kStatements[] = {kAsked, kNamedBy, kAnswers, kIsAmong, kIsPersonAmong, kQuestions};

std::string scoped(std::string_view scope, std::string const& key) { return std::string(scope) + '\n' + key; }

}  // namespace

std::span<char const* const> patient_acceptance_statements() { return kStatements; }

PatientRows const& Patients::accepted(std::string_view scope, subscriptions::Plan const& plan) {
    auto const& query = plan.search.patient;
    auto const key = query.key();
    auto const known = accepted_.find(scoped(scope, key));
    if (known != accepted_.end()) return known->second;
    auto patients = evaluate(scope, plan);
    if (is_judged(query)) {
        std::map<std::string, Word> words;  // of each partner
        for (auto const& row : patients) {
            auto const [at, added] = words.try_emplace(row->partner);
            if (added) at->second = last_word(scope, key, row->partner);
        }
        std::erase_if(patients, [&](auto const& row) { return is_passed_over(words[row->partner], *row); });
        drop_several(patients);
        std::erase_if(patients, [&](auto const& row) {
            return !is_named(scope, key, words[row->partner], *row);
        });
    }
    return accepted_.emplace(scoped(scope, key), std::move(patients)).first->second;
}

PatientRows Patients::found(std::string_view scope, subscriptions::Plan const& plan) {
    auto const& query = plan.search.patient;
    if (!is_judged(query)) return evaluate(scope, plan);
    if (database_.query(kAsked, scope, query.key()).next()) return accepted(scope, plan);
    auto patients = evaluate(scope, plan);
    drop_several(patients);
    return patients;
}

bool Patients::is_accepted(
    std::string_view scope, subscriptions::Plan const& plan, PatientRow const& patient
) {
    auto const& query = plan.search.patient;
    if (!is_judged(query)) return true;
    auto const key = query.key();
    auto const asked = scoped(scope, key) + '\n' + std::to_string(patient.sequence);
    auto known = is_accepted_.find(asked);
    if (known == is_accepted_.end()) {
        auto const word = last_word(scope, key, patient.partner);
        bool const accepted = !is_passed_over(word, patient) && is_named(scope, key, word, patient) &&
                              !is_one_of_several(scope, plan, word, patient);
        known = is_accepted_.emplace(asked, accepted).first;
    }
    return known->second;
}

/// Strictly, and by demographics or identifiers: whoever names a Patient of ours means his Person, whatever partners say.
bool Patients::is_judged(fhir::search::PatientQuery const& query) const {
    return settings_.acceptance == Acceptance::strict && query.references.empty();
}

PatientRows Patients::evaluate(std::string_view scope, subscriptions::Plan const& plan) {
    auto const& query = plan.search.patient;
    std::set<std::int64_t> found;
    if (query.references.empty()) {
        auto const candidates = keys_.candidates(scope, query);
        found.insert(candidates.begin(), candidates.end());
    }
    for (auto const& reference : query.references) {
        auto const named = find(scope, reference);
        if (!named) continue;
        for (auto const sequence : of_person(named->person)) found.insert(sequence);
    }
    PatientRows patients;
    for (auto const sequence : found) {
        auto row = load(sequence);
        if (!row) continue;
        auto const ids = query.references.empty() ? std::vector<std::string>() : person_ids(row->person);
        if (!subscriptions::wants_patient(plan, settings_.acceptance, row->patient, ids)) continue;
        patients.push_back(std::move(row));
    }
    return patients;
}

void Patients::drop_several(PatientRows& patients) {
    std::map<std::string, std::set<std::int64_t>> persons;  // of each partner
    for (auto const& row : patients) persons[row->partner].insert(row->person);
    std::erase_if(patients, [&](auto const& row) { return persons[row->partner].size() > 1; });
}

/// By his partner, when it was asked for him or for everybody who fits the query. That it knows several whom the question may mean outweighs what it
/// answered before.
bool Patients::is_named(
    std::string_view scope, std::string_view key, Word const& word, PatientRow const& patient
) {
    if (word.ambiguous) return false;
    if (is_among(word, patient.sequence) || is_named_by(scope, key, patient.sequence)) return true;
    auto question = database_.query(kQuestions, patient.sequence);
    while (question.next()) {
        if (fhir::search::covers(question.text(0), key)) return true;
    }
    return false;
}

bool Patients::is_named_by(std::string_view scope, std::string_view key, std::int64_t patient) {
    return database_.query(kNamedBy, patient, scope, key).next();
}

Patients::Word Patients::last_word(std::string_view scope, std::string_view key, std::string_view partner) {
    Word word;
    bool latest = true;
    auto answer = database_.query(kAnswers, partner, scope, key);
    while (word.discovery == 0 && answer.next()) {
        if (std::exchange(latest, false)) word.ambiguous = answer.text(0) == kMultipleMatches;
        word.matched = static_cast<std::size_t>(answer.integer(1));
        if (word.matched > 0) word.discovery = answer.integer(2);
    }
    return word;
}

bool Patients::is_among(Word const& word, std::int64_t patient) {
    return word.discovery != 0 && database_.query(kIsAmong, patient, word.discovery).next();
}

bool Patients::is_passed_over(Word const& word, PatientRow const& patient) {
    if (word.discovery == 0 || is_among(word, patient.sequence)) return false;
    return !database_.query(kIsPersonAmong, word.discovery, patient.person, patient.partner).next();
}

bool Patients::is_one_of_several(
    std::string_view scope, subscriptions::Plan const& plan, Word const& word, PatientRow const& patient
) {
    auto const others = keys_.candidates(scope, plan.search.patient, patient.partner);
    return std::any_of(others.begin(), others.end(), [&](std::int64_t sequence) {
        auto const other = load(sequence);
        return other && other->person != patient.person &&
               subscriptions::wants_patient(plan, settings_.acceptance, other->patient, {}) &&
               !is_passed_over(word, *other);
    });
}

}  // namespace tributary::cache
