#include "cache/explanation.hpp"

#include <algorithm>

#include "cache/codes.hpp"
#include "cache/statements.hpp"
#include "subscriptions/matching.hpp"

namespace tributary::cache {

namespace {

constexpr char kSubscription[] =
    "SELECT sequence, status, resource, delivered, deleted FROM subscription WHERE id = ? AND scope = ?";
constexpr char kDocument[] = "SELECT coalesce(alias_of, sequence) FROM document WHERE id = ? AND scope = ?";
constexpr char kNames[] = "SELECT id FROM document WHERE sequence = ? OR alias_of = ?";
constexpr char kOfName[] =
    "SELECT number, kind, at, focus_version, delivered_at, attempts FROM event WHERE subscription = ? AND "
    "focus_type = 'DocumentReference' AND focus_id = ? ORDER BY number";
constexpr char kPatients[] =
    "SELECT DISTINCT patient FROM entry WHERE document = ? AND (provisional = 0 OR json_extract(resource, "
    "'$.status') <> 'entered-in-error')";

constexpr char const* kStatements[] = {kSubscription, kDocument, kNames, kOfName, kPatients};

}  // namespace

std::span<char const* const> explanation_statements() { return kStatements; }

Explanation Explanations::explain(
    std::string_view scope, std::string_view subscription, std::string_view document
) {
    Explanation explanation;
    auto asked = database_.query(kSubscription, subscription, scope);
    if (!asked.next()) return explanation;
    explanation.subscription = asked.integer(4) == 0 ? Presence::found : Presence::deleted;
    auto known = database_.query(kDocument, document, scope);
    if (!known.next()) return explanation;
    explanation.document = Presence::found;
    auto const sequence = known.integer(0);
    explanation.status = subscriptions::read_status(asked.text(1)).value_or(subscriptions::Status::off);
    explanation.delivered = asked.integer(3);
    explanation.events = events(asked.integer(0), sequence);
    if (explanation.events.empty())
        explanation.why_not = why_not(scope, asked.text(2), explanation.status, sequence);
    return explanation;
}

std::vector<ExplainedEvent> Explanations::events(std::int64_t subscription, std::int64_t document) {
    std::vector<ExplainedEvent> events;
    auto name = database_.query(kNames, document, document);
    while (name.next()) {
        auto row = database_.query(kOfName, subscription, name.text(0));
        while (row.next()) {
            ExplainedEvent event;
            event.number = row.integer(0);
            event.kind = event_kind(row.text(1));
            event.at = row.time(2);
            event.version = static_cast<std::uint64_t>(row.integer(3));
            event.delivered_at = row.optional_time(4);
            event.attempts = static_cast<unsigned>(row.integer(5));
            events.push_back(event);
        }
    }
    std::sort(events.begin(), events.end(), [](ExplainedEvent const& a, ExplainedEvent const& b) {
        return a.number < b.number;
    });
    return events;
}

NotTold Explanations::why_not(
    std::string_view scope, std::string_view resource, subscriptions::Status status, std::int64_t document
) {
    auto const plan = subscriptions::stored_plan(resource, settings_.rules);
    if (!plan) return NotTold::not_understood;
    if (!plan->search.patient.empty()) {
        auto const& accepted = patients_.accepted(scope, *plan);
        bool its_patient = false;
        auto row = database_.query(kPatients, document);
        while (!its_patient && row.next()) {
            its_patient = std::any_of(accepted.begin(), accepted.end(), [&](auto const& patient) {
                return patient->sequence == row.integer(0);
            });
        }
        if (!its_patient) return NotTold::other_patient;
    }
    if (!subscriptions::wants_document(*plan, documents_.current(documents_.load(document))))
        return NotTold::filtered;
    return status == subscriptions::Status::off ? NotTold::off : NotTold::before;
}

}  // namespace tributary::cache
