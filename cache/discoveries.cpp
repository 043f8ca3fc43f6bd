#include "cache/discoveries.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "cache/codes.hpp"
#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kLatest[] =
    "SELECT sequence, id, started, ended FROM discovery WHERE scope = ? AND key = ? ORDER BY sequence DESC "
    "LIMIT 1";
constexpr char kInsert[] = "INSERT INTO discovery(id, scope, key, refresh, started) VALUES(?, ?, ?, ?, ?)";
constexpr char kInsertExchange[] =
    "INSERT INTO exchange(discovery, partner, state) VALUES(?, ?, 'pending') ON CONFLICT DO NOTHING";
constexpr char kExchanges[] =
    "SELECT partner, state, issue, owed, matched FROM exchange WHERE discovery = ? ORDER BY partner";
constexpr char kFind[] = "SELECT sequence FROM discovery WHERE id = ?";
constexpr char kFinish[] =
    "UPDATE exchange SET state = ?, issue = ?, owed = ? WHERE discovery = ? AND partner = ?";
constexpr char kOpenExchange[] = "SELECT 1 FROM exchange WHERE discovery = ? AND state = 'pending' LIMIT 1";
constexpr char kEnd[] = "UPDATE discovery SET ended = ? WHERE sequence = ? AND ended IS NULL";
constexpr char kEndById[] = "UPDATE discovery SET ended = ? WHERE id = ? AND ended IS NULL";
constexpr char kUnfinished[] = "SELECT id, scope, key FROM discovery WHERE ended IS NULL ORDER BY sequence";
constexpr char kReopen[] = "UPDATE discovery SET ended = NULL, started = ?, late = 0 WHERE sequence = ?";
constexpr char kLate[] = "UPDATE discovery SET late = 1 WHERE id = ? AND ended IS NULL";
constexpr char kShown[] =
    "SELECT sequence, refresh AND EXISTS(SELECT 1 FROM exchange WHERE exchange.discovery = "
    "discovery.sequence "
    "AND state = 'pending') FROM discovery WHERE scope = ? AND key = ? ORDER BY sequence DESC LIMIT 20";
constexpr char kLoad[] = "SELECT id, started, ended, late FROM discovery WHERE sequence = ?";
constexpr char kOfPatient[] =
    "SELECT max(a.discovery), max(CASE WHEN d.refresh AND d.ended IS NULL THEN 0 ELSE a.discovery END) "
    "FROM exchange_patient a JOIN discovery d ON d.sequence = a.discovery WHERE a.patient = ?";
constexpr char kRecent[] = "SELECT sequence FROM discovery WHERE sequence > 0 ORDER BY sequence DESC LIMIT ?";

constexpr char const* kStatements[] = {
    kLatest,
    kInsert,
    kInsertExchange,
    kExchanges,
    kFind,
    kFinish,
    kOpenExchange,
    kEnd,
    kEndById,
    kUnfinished,
    kReopen,
    kLate,
    kShown,
    kLoad,
    kOfPatient,
    kRecent
};

PartnerState partner_state(ExchangeState state, std::size_t matches, Progress const& progress) {
    switch (state) {
        case ExchangeState::pending:
            if (progress.ended) return PartnerState::failed;  // nobody asks it any more
            if (progress.state == DiscoveryState::late) return PartnerState::slow;
            return matches > 0 ? PartnerState::matched : PartnerState::asked;
        case ExchangeState::answered:
            return matches > 0 ? PartnerState::matched : PartnerState::no_match;
        case ExchangeState::failed:
            return PartnerState::failed;
    }
    return PartnerState::asked;
}

bool contains(std::vector<std::string> const& partners, std::string const& partner) {
    return std::find(partners.begin(), partners.end(), partner) != partners.end();
}

}  // namespace

std::span<char const* const> discovery_statements() { return kStatements; }

Discoveries::Latest Discoveries::latest(OpenDiscovery const& wanted) {
    Latest latest;
    auto row = database_.query(kLatest, wanted.scope, wanted.key);
    if (!row.next()) return latest;
    latest.sequence = row.integer(0);
    latest.id = row.text(1);
    latest.started = row.time(2);
    latest.ended = row.optional_time(3);
    return latest;
}

OpenedDiscovery Discoveries::open(OpenDiscovery const& wanted) {
    auto const known = latest(wanted);
    bool const running = known.sequence != 0 && !known.ended;
    // Neither long ago nor, by a clock that was ahead then, long hence.
    bool const lately = known.ended && *known.ended + wanted.reuse > wanted.now &&
                        *known.ended - wanted.reuse < wanted.now;
    bool const answers = lately && !wanted.again;
    return running || answers ? join(wanted, known) : start(wanted);
}

OpenedDiscovery Discoveries::start(OpenDiscovery const& wanted) {
    database_.run(kInsert, wanted.id, wanted.scope, wanted.key, wanted.again, wanted.now);
    auto const sequence = database_.last_insert();
    for (auto const& partner : wanted.partners) database_.run(kInsertExchange, sequence, partner);
    end_if_done(sequence, wanted.now);
    return {wanted.id, false, wanted.partners, wanted.now, std::nullopt};
}

OpenedDiscovery Discoveries::join(OpenDiscovery const& wanted, Latest const& latest) {
    OpenedDiscovery opened{latest.id, true, {}, latest.started, std::nullopt};
    std::vector<std::string> known;
    std::vector<std::string> gone;  // no longer configured
    bool unfinished = false;
    {
        auto row = database_.query(kExchanges, latest.sequence);
        while (row.next()) {
            auto partner = row.text(0);
            bool const pending = exchange_state(row.text(1)) == ExchangeState::pending;
            bool const owed = row.integer(3) != 0;
            known.push_back(partner);
            if (!contains(wanted.partners, partner)) {
                if (pending) gone.push_back(std::move(partner));
            } else if (pending || owed) {
                unfinished |= pending;
                opened.ask.push_back(std::move(partner));
            }
        }
    }
    for (auto const& partner : gone)  // asked again should it come back
        database_.run(kFinish, code(ExchangeState::failed), "transient", true, latest.sequence, partner);
    for (auto const& partner : wanted.partners) {
        if (contains(known, partner)) continue;
        database_.run(kInsertExchange, latest.sequence, partner);
        opened.ask.push_back(partner);
        unfinished = true;
    }
    if (unfinished && latest.ended) {
        database_.run(kReopen, wanted.now, latest.sequence);
        opened.started = wanted.now;
    } else if (latest.ended) {
        opened.ended = *latest.ended;
    }
    end_if_done(latest.sequence, wanted.now);
    return opened;
}

void Discoveries::end_if_done(std::int64_t discovery, Utc now) {
    if (!database_.query(kOpenExchange, discovery).next()) database_.run(kEnd, now, discovery);
}

void Discoveries::finish(ExchangeOutcome const& outcome) {
    auto const discovery = find(outcome.discovery);
    if (!discovery) return;
    database_.run(kFinish, code(outcome.state), outcome.issue, outcome.owed, *discovery, outcome.partner);
    end_if_done(*discovery, outcome.now);
}

void Discoveries::abandon(std::string_view id, Utc now) { database_.run(kEndById, now, id); }

void Discoveries::abandon_others(std::vector<DiscoveryKey> const& wanted, Utc now) {
    std::set<std::pair<std::string_view, std::string_view>> known;
    for (auto const& question : wanted) known.emplace(question.scope, question.key);
    std::vector<std::string> unwanted;
    {
        auto row = database_.query(kUnfinished);
        while (row.next()) {
            auto const scope = row.text(1);
            auto const key = row.text(2);
            if (!known.contains({scope, key})) unwanted.push_back(row.text(0));
        }
    }
    for (auto const& id : unwanted) abandon(id, now);
}

void Discoveries::mark_late(std::string_view id) { database_.run(kLate, id); }

Progress Discoveries::progress(std::string_view scope, std::string_view key) {
    std::int64_t shown = 0;
    auto row = database_.query(kShown, scope, key);
    while (row.next()) {
        bool const unfinished_refresh = row.integer(1) != 0;
        if (shown == 0 || !unfinished_refresh) shown = row.integer(0);
        if (!unfinished_refresh) break;  // while a refresh runs, the run before it is what is known
    }
    return shown == 0 ? Progress() : load(shown);
}

Progress Discoveries::of_patients(std::vector<std::int64_t> const& patients) {
    std::int64_t newest = 0;
    std::int64_t newest_known = 0;  // but refreshes that run
    for (auto const patient : patients) {
        auto row = database_.query(kOfPatient, patient);
        if (!row.next()) continue;
        newest = std::max(newest, row.integer(0));
        newest_known = std::max(newest_known, row.integer(1));
    }
    if (newest_known != 0) return load(newest_known);
    return newest == 0 ? Progress() : load(newest);
}

std::vector<Progress> Discoveries::recent(std::size_t limit) {
    std::vector<Progress> discoveries;
    auto row = database_.query(kRecent, limit);
    while (row.next()) discoveries.push_back(load(row.integer(0)));
    return discoveries;
}

std::optional<std::int64_t> Discoveries::find(std::string_view id) {
    auto row = database_.query(kFind, id);
    return row.next() ? std::optional(row.integer(0)) : std::nullopt;
}

std::vector<PartnerProgress> Discoveries::partners(std::int64_t discovery, Progress const& progress) {
    std::vector<PartnerProgress> partners;
    auto row = database_.query(kExchanges, discovery);
    while (row.next()) {
        PartnerProgress partner;
        auto const state = exchange_state(row.text(1));
        bool const given_up = state == ExchangeState::pending && progress.ended.has_value();
        partner.partner = row.text(0);
        partner.issue = given_up ? "transient" : row.text(2);
        partner.matches = static_cast<std::size_t>(row.integer(4));
        partner.state = partner_state(state, partner.matches, progress);
        partners.push_back(std::move(partner));
    }
    return partners;
}

Progress Discoveries::load(std::int64_t discovery) {
    Progress progress;
    {
        auto row = database_.query(kLoad, discovery);
        if (!row.next()) return progress;
        progress.discovery = row.text(0);
        progress.started = row.time(1);
        progress.ended = row.optional_time(2);
        progress.state = row.integer(3) != 0 ? DiscoveryState::late : DiscoveryState::running;
        if (progress.ended) progress.state = DiscoveryState::complete;
    }
    auto row = database_.query(kExchanges, discovery);
    while (row.next()) {
        ++progress.asked;
        auto const state = exchange_state(row.text(1));
        if (row.integer(4) > 0) ++progress.matched;
        if (state == ExchangeState::pending && progress.ended) {  // nobody asks it any more
            ++progress.failed;
            progress.issues.push_back({row.text(0), "transient"});
            continue;
        }
        switch (state) {
            case ExchangeState::pending:
                ++progress.pending;
                break;
            case ExchangeState::answered:
                ++progress.answered;
                break;
            case ExchangeState::failed:
                ++progress.failed;
                break;
        }
        if (auto issue = row.text(2); !issue.empty())
            progress.issues.push_back({row.text(0), std::move(issue)});
    }
    return progress;
}

}  // namespace tributary::cache
