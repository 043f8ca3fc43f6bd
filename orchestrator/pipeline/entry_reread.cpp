#include "orchestrator/pipeline/entry_reread.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pacing/retry.hpp"

namespace tributary::pipeline {

using async::Deadline;

namespace {

constexpr unsigned kGone = 410, kNotImplemented = 501;
constexpr std::chrono::minutes kWalkLives{1};

/// Perhaps not this entry, but the reading of any: not a partner that is down, nor one that knows the entry as deleted.
bool refuses_reading(Failure const& why) {
    auto const status = why.http_status();
    if (status == 0) return why.errc() == Errc::malformed || why.errc() == Errc::not_found;
    return status == kNotImplemented ||
           (status >= 400 && status < 500 && status != kGone && !pacing::classify(why).retryable);
}

}  // namespace

awaitable<Result<cache::Holder>> EntryReread::again(
    Deadline deadline,
    partner::Partner& partner,
    std::string scope,
    cache::Holder holder,
    std::vector<std::string>& missing
) {
    auto const refreshed = co_await refresh(deadline, partner, scope, holder, missing);
    if (!refreshed) co_return refreshed.error();
    auto const content = co_await around_.storage.content(scope, holder.binary_id);
    if (!content) co_return content.error();
    auto const own =
        std::find_if(content->holders.begin(), content->holders.end(), [&](cache::Holder const& one) {
            return one.binary_id == holder.binary_id;
        });
    if (own == content->holders.end()) co_return Failure(Errc::not_found, "no longer there");
    co_return *own;
}

/// What the partner says now of the holder's entry is admitted.
awaitable<Result<void>> EntryReread::refresh(
    Deadline deadline,
    partner::Partner& partner,
    std::string scope,
    cache::Holder holder,
    std::vector<std::string>& missing
) {
    WalkKey const key(partner.id(), holder.patient);
    if (auto const under_way = walk_of(key))
        co_return co_await search(deadline, partner, scope, holder, under_way, missing);
    auto known = co_await around_.storage.known_patient(scope, holder.patient);
    if (!known) co_return known.error();
    partner::PatientMatch match;
    match.remote_id = known->patient.id;
    match.patient_id = holder.patient;
    match.patient = std::make_shared<fhir::Patient const>(std::move(known->patient));
    auto op = partner.community().document(deadline, match, holder.entry);
    auto read = co_await async::with_deadline(around_.clock, deadline, std::move(op));
    if (read) {
        read_by_id_.insert(partner.id());
        partner::FoundDocuments found;
        found.entries.push_back(std::move(*read));
        co_return co_await admit(partner, scope, holder.patient, std::move(found), missing);
    }
    if (read_by_id_.contains(partner.id()) || !refuses_reading(read.error())) co_return read.error();
    auto walk = walk_of(key);
    if (!walk) {
        walk = std::make_shared<Walk>();
        walk->match = std::move(match);
        walk->begun = around_.clock.now();
        walks_.emplace(key, walk);
    }
    co_return co_await search(deadline, partner, scope, holder, walk, missing);
}

/// One that began a moment ago, or null.
EntryReread::WalkPtr EntryReread::walk_of(WalkKey const& key) {
    auto const oldest = around_.clock.now() - kWalkLives;
    std::erase_if(walks_, [&](auto const& each) { return each.second->begun < oldest; });
    auto const found = walks_.find(key);
    return found == walks_.end() ? nullptr : found->second;
}

/// Walks on until the entry is listed. A walk that was broken off is left for a new one: the link to its page may be good for once only.
awaitable<Result<void>> EntryReread::search(
    Deadline deadline,
    partner::Partner& partner,
    std::string scope,
    cache::Holder holder,
    WalkPtr walk,
    std::vector<std::string>& missing
) {
    {
        auto acquire = walk->turn.acquire();
        auto const turn = co_await async::with_deadline(around_.clock, deadline, std::move(acquire));
        if (!turn) co_return Failure(turn.error());
        while (!walk->broken && !walk->listed.contains(holder.entry)) {
            if (!walk->next) {
                co_return walk->cut_short
                    ? Failure(Errc::protocol, "the partner has left out some documents")
                    : Failure(Errc::not_found, "the partner does not serve the entry any more");
            }
            walk->broken = true;
            auto const went_on = co_await walk_on(deadline, partner, scope, holder.patient, walk, missing);
            if (!went_on) co_return went_on.error();
            walk->broken = false;
        }
        if (!walk->broken) co_return Result<void>();
    }
    std::erase_if(walks_, [&](auto const& each) { return each.second == walk; });
    co_return co_await refresh(deadline, partner, scope, holder, missing);
}

/// Admits one page more.
awaitable<Result<void>> EntryReread::walk_on(
    Deadline deadline,
    partner::Partner& partner,
    std::string scope,
    std::string patient,
    WalkPtr walk,
    std::vector<std::string>& missing
) {
    auto op = partner.community().documents(deadline, walk->match, *walk->next);
    auto found = co_await async::with_deadline(around_.clock, deadline, std::move(op));
    if (!found) co_return Failure(found.error());
    std::set<std::string> listed;
    for (auto const& document : found->entries) listed.insert(document.id);
    auto next = std::move(found->next);
    bool const partial = found->partial;
    auto const admitted =
        co_await admit(partner, std::move(scope), std::move(patient), std::move(*found), missing);
    if (!admitted) co_return admitted.error();
    walk->listed.merge(listed);
    walk->next = std::move(next);
    walk->cut_short |= partial;
    co_return Result<void>();
}

awaitable<Result<void>> EntryReread::admit(
    partner::Partner& partner,
    std::string scope,
    std::string patient,
    partner::FoundDocuments found,
    std::vector<std::string>& missing
) {
    auto const& settings = partner.settings();
    cache::Answer answer;
    answer.scope = scope;
    answer.partner = settings.id;
    answer.home_community_id = settings.home_community_id;
    answer.patient_id = std::move(patient);
    auto page = co_await admission_.prepare(scope, settings, std::move(found));
    if (!page) co_return Failure(page.error());
    answer.entries = std::move(page->entries);
    co_return co_await admission_.store(std::move(answer), std::move(page->bodies), missing);
}

}  // namespace tributary::pipeline
