#include "cache/interest.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cache/statements.hpp"
#include "fhir/search/document_search.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

constexpr char kByKey[] =
    "SELECT s.sequence, s.version, s.id FROM subscription_key k JOIN subscription s ON s.sequence = "
    "k.subscription "
    "WHERE k.scope = ? AND k.key = ? AND s.status <> 'off' AND s.deleted = 0 ORDER BY k.subscription";
constexpr char kResource[] = "SELECT resource FROM subscription WHERE sequence = ?";
constexpr char kOfPatient[] =
    "SELECT DISTINCT d.sequence FROM entry e JOIN document d ON d.sequence = e.document WHERE e.patient = ? "
    "AND (e.provisional = 0 OR json_extract(e.resource, '$.status') <> 'entered-in-error') AND d.alias_of IS "
    "NULL";

constexpr char const* kStatements[] = {kByKey, kResource, kOfPatient};

constexpr std::size_t kMostPlans = 20000;

/// Who follows the status of documents by a topic of DSUBm is told of a retraction too; nobody else is, but where status asks for it.
bool wants(News news, subscriptions::Plan const& plan, fhir::DocumentReference const& document) {
    bool const follows_status = plan.ihe && plan.trigger != subscriptions::Trigger::created;
    return news == News::status_changed && follows_status
               ? fhir::search::matches_all(plan.search.filters, document)
               : subscriptions::wants_document(plan, document);
}

Focus focus_of(DocumentRow const& document) { return {"DocumentReference", document.id, document.version}; }

}  // namespace

std::span<char const* const> interest_statements() { return kStatements; }

std::vector<Told> Interest::announce(
    News news,
    DocumentRow const& document,
    fhir::DocumentReference const& outward,
    std::vector<std::int64_t> const& patients,
    Utc now
) {
    std::vector<Told> told;
    for (auto const& candidate : wanting(news, document, outward, patients)) {
        auto const kind = kind_of(news, candidate, document);
        if (!kind) continue;
        if (auto const number = events_.append(candidate.sequence, *kind, focus_of(document), now))
            told.push_back({candidate.sequence, candidate.id, candidate.plan, *number});
    }
    return told;
}

std::optional<subscriptions::EventKind> Interest::kind_of(
    News news, Candidate const& candidate, DocumentRow const& document
) {
    using subscriptions::EventKind;
    using subscriptions::Trigger;
    auto const trigger = candidate.plan->trigger;
    bool const status_too = news == News::status_changed || news == News::restored;
    auto const update = trigger == Trigger::changed || (trigger == Trigger::status_changed && status_too)
                            ? std::optional(EventKind::update)
                            : std::nullopt;
    if (news == News::fresh && document.version == 1) return EventKind::create;
    if (news == News::changed || news == News::status_changed) return update;
    bool const told = events_.told(candidate.sequence, focus_of(document), document.sequence);
    if (news == News::restored || news == News::fresh) return told ? update : EventKind::create;
    bool const follows_everybody = candidate.plan->search.patient.empty();  // and was told when it was fresh
    return told || follows_everybody ? std::nullopt : std::optional(EventKind::create);
}

void Interest::catch_up(
    std::int64_t subscription,
    std::string_view scope,
    subscriptions::Plan const& plan,
    Documents& documents,
    Utc now
) {
    if (plan.search.patient.empty()) return;  // told of what comes, not of what everybody has
    std::set<std::int64_t> known;
    for (auto const& patient : patients_.accepted(scope, plan)) {
        auto const its = documents_of(patient->sequence);
        known.insert(its.begin(), its.end());
    }
    for (auto const sequence : known) tell(subscription, plan, sequence, documents, now);
    events_.flush();
}

std::vector<std::string> Interest::tell_known(
    std::string_view scope, Patients::Named const& named, Documents& documents, Utc now
) {
    forget();  // who is accepted has changed
    std::set<std::string> told;
    std::set<std::int64_t> const united(named.united.begin(), named.united.end());
    auto patients = united;
    patients.insert(named.fresh.begin(), named.fresh.end());
    for (auto const sequence : patients) {
        auto const known = documents_of(sequence);
        auto const patient = known.empty() ? nullptr : patients_.load(sequence);
        if (!patient) continue;
        for (auto const& candidate : candidates(*patient, scope)) {
            auto const& query = candidate.plan->search.patient;
            bool const waits = query.references.empty() || united.contains(sequence);
            if (query.empty() || !waits) continue;
            for (auto const document : known) {
                if (tell(candidate.sequence, *candidate.plan, document, documents, now))
                    told.insert(candidate.id);
            }
        }
    }
    return {told.begin(), told.end()};
}

bool Interest::tell(
    std::int64_t subscription,
    subscriptions::Plan const& plan,
    std::int64_t sequence,
    Documents& documents,
    Utc now
) {
    auto const document = documents.load(sequence);
    return !events_.told(subscription, focus_of(document), sequence) &&
           subscriptions::wants_document(plan, documents.current(document)) &&
           events_.append(subscription, subscriptions::EventKind::create, focus_of(document), now);
}

std::vector<std::int64_t> Interest::documents_of(std::int64_t patient) {
    return database_.query(kOfPatient, patient).integers();
}

std::vector<Interest::Candidate> Interest::wanting(
    News news,
    DocumentRow const& document,
    fhir::DocumentReference const& outward,
    std::vector<std::int64_t> const& patients
) {
    std::map<std::int64_t, Candidate> wanting;  // in order of creation
    for (auto const sequence : patients) {
        auto const patient = patients_.load(sequence);
        if (!patient) continue;
        for (auto const& candidate : candidates(*patient, document.scope)) {
            if (!wants(news, *candidate.plan, outward)) continue;
            wanting.emplace(candidate.sequence, candidate);
        }
    }
    std::vector<Candidate> result;
    for (auto& [sequence, candidate] : wanting) result.push_back(std::move(candidate));
    return result;
}

std::vector<Interest::Candidate> const& Interest::candidates(
    PatientRow const& patient, std::string_view scope
) {
    auto const known = candidates_.find(patient.sequence);
    if (known != candidates_.end()) return known->second;
    std::vector<std::string> keys = subscriptions::patient_keys(patient.id, patient.patient);
    auto const person_ids = patients_.person_ids(patient.person);
    for (auto const& id : person_ids) keys.push_back("p|" + id);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    auto const accepts = [&](subscriptions::Plan const& plan) {
        if (plan.search.patient.empty()) return true;
        return subscriptions::wants_patient(plan, settings_.acceptance, patient.patient, person_ids) &&
               patients_.is_accepted(scope, plan, patient);
    };
    std::map<std::int64_t, Candidate> found;
    for (auto const& key : keys) {
        auto row = database_.query(kByKey, scope, key);
        while (row.next()) {
            auto const sequence = row.integer(0);
            if (found.contains(sequence)) continue;
            auto understood = plan(sequence, row.integer(1));
            if (understood && accepts(*understood))
                found.emplace(sequence, Candidate{sequence, row.text(2), std::move(understood)});
        }
    }
    auto& list = candidates_[patient.sequence];
    for (auto& [sequence, candidate] : found) list.push_back(std::move(candidate));
    return list;
}

std::shared_ptr<subscriptions::Plan const> Interest::plan(std::int64_t subscription, std::int64_t version) {
    auto const known = plans_.find(subscription);
    if (known != plans_.end() && known->second.version == version) return known->second.plan;
    auto row = database_.query(kResource, subscription);
    if (!row.next()) return nullptr;
    auto plan = subscriptions::stored_plan(row.text(0), settings_.rules);
    if (!plan) return nullptr;
    if (plans_.size() >= kMostPlans) plans_.clear();
    auto understood = std::make_shared<subscriptions::Plan const>(std::move(*plan));
    plans_[subscription] = KeptPlan{version, understood};
    return understood;
}

}  // namespace tributary::cache
