#include "orchestrator/pipeline/page_admission.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "orchestrator/async/task_group.hpp"
#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

namespace {

// Above it a page is worked on by the worker: some 5 µs per document.
constexpr std::size_t kDocumentsInline = 128;
constexpr std::size_t kAdmittedFirst = 4;
constexpr std::size_t kAdmittedAtOnce = 64;  // then others have their turn with the storage
constexpr std::size_t kBodiesAtOnce = 4;  // as many as share a commit

bool is_heavy(std::vector<fhir::DocumentReference> const& entries) {
    auto const has_data = [](fhir::DocumentContent const& content) {
        return content.attachment.has_data || content.attachment.url.starts_with('#');
    };
    return entries.size() > kDocumentsInline ||
           std::any_of(entries.begin(), entries.end(), [&](fhir::DocumentReference const& document) {
               return std::any_of(document.contents.begin(), document.contents.end(), has_data);
           });
}

/// Leaves the first so many entries, and answers what is admitted after them: they are told of without waiting for all the others.
cache::Answer split(cache::Answer& answer, std::size_t most) {
    cache::Answer rest;
    if (answer.entries.size() <= 2 * most) return rest;
    auto const end = answer.entries.begin() + static_cast<std::ptrdiff_t>(most);
    std::vector<cache::NewEntry> later(
        std::make_move_iterator(end), std::make_move_iterator(answer.entries.end())
    );
    answer.entries.erase(end, answer.entries.end());
    rest = answer;
    rest.entries = std::move(later);
    answer.size = 0;
    return rest;
}

/// Of `bodies`, those that the entries do not need are left.
std::vector<InlineData> take_bodies(cache::Answer const& answer, std::vector<InlineData>& bodies) {
    std::set<std::string_view> needed;
    for (auto const& entry : answer.entries) {
        for (auto const& body : entry.inline_bodies) needed.insert(body.identity.sha256);
    }
    auto const other = std::stable_partition(bodies.begin(), bodies.end(), [&](InlineData const& body) {
        return needed.contains(body.sha256);
    });
    std::vector<InlineData> taken(std::make_move_iterator(bodies.begin()), std::make_move_iterator(other));
    bodies.erase(bodies.begin(), other);
    return taken;
}

}  // namespace

awaitable<Result<PreparedPage>> PageAdmission::prepare(
    std::string scope, partner::PartnerSettings const& holder, partner::FoundDocuments found
) {
    bool const heavy = is_heavy(found.entries);
    auto const name = holder.id;  // outlives a wait
    auto work = [scope = std::move(scope),
                 partner = name,
                 base = holder.fhir,
                 limit = holder.document_body,
                 entries = std::move(found.entries)]() mutable {
        return pipeline::prepare(scope, partner, base, std::move(entries), limit);
    };
    if (!heavy) co_return work();
    auto page = co_await around_.worker.execute(std::move(work));
    if (page) {
        quarantined(name, page->quarantined, "digest");
        around_.tell_wrong_sizes(name, page->wrong_sizes);
    }
    co_return page;
}

awaitable<Result<void>> PageAdmission::store(
    cache::Answer answer, std::vector<InlineData> bodies, std::vector<std::string>& to_retrieve
) {
    std::vector<storage::BodyHold> held;
    for (auto const& body : bodies) held.push_back(around_.storage.hold_body(body.sha256));
    for (auto most = kAdmittedFirst; true; most = kAdmittedAtOnce) {
        auto rest = split(answer, most);
        if (auto const kept = co_await keep(take_bodies(answer, bodies)); !kept) co_return kept.error();
        auto const admitted = co_await write(std::move(answer), to_retrieve);
        if (!admitted || rest.entries.empty()) co_return admitted;
        answer = std::move(rest);
    }
}

/// A few at a time.
awaitable<Result<void>> PageAdmission::keep(std::vector<InlineData> bodies) {
    Result<void> outcome;
    while (!bodies.empty() && outcome) {
        auto keep_some = [&](async::TaskGroup& group) -> awaitable<void> {
            for (std::size_t n = 0; n < kBodiesAtOnce && !bodies.empty(); ++n) {
                if (!group.spawn("body", keep_one(std::move(bodies.back()), outcome))) break;
                bodies.pop_back();
            }
            co_return;
        };
        co_await async::with_group(std::ref(keep_some));
    }
    co_return outcome;
}

awaitable<void> PageAdmission::keep_one(InlineData body, Result<void>& outcome) {
    auto put = [&] { return around_.storage.put_body(body.sha256, body.bytes); };
    auto const stored = co_await until_stored(around_.clock, put);
    if (!stored) outcome = stored.error();
}

awaitable<Result<void>> PageAdmission::write(cache::Answer answer, std::vector<std::string>& to_retrieve) {
    answer.now = around_.clock.utc_now();
    auto const kept = std::make_shared<cache::Answer const>(std::move(answer));
    auto admit = [&] { return around_.storage.admit(kept); };
    auto admitted = co_await until_stored(around_.clock, admit);
    if (!admitted) co_return admitted.error();
    if (!admitted->subscriptions.empty()) around_.wake(*admitted);
    tell_oddities(kept->partner, *admitted);
    auto& wanted = admitted->to_retrieve;
    std::move(wanted.begin(), wanted.end(), std::back_inserter(to_retrieve));
    co_return Result<void>();
}

awaitable<Result<void>> PageAdmission::note_absence(cache::AbsentEntry absent) {
    absent.now = around_.clock.utc_now();
    auto write = [&] { return around_.storage.note_absence(absent); };
    auto noted = co_await until_stored(around_.clock, write);
    if (!noted) co_return noted.error();
    if (!noted->subscriptions.empty()) around_.wake(*noted);
    co_return Result<void>();
}

void PageAdmission::tell_oddities(std::string const& partner, cache::Admitted const& admitted) {
    auto const tell = [&](std::size_t count, char const* what) {
        if (count > 0) logger_.warning(what, {{"partner", partner}, {"entries", std::to_string(count)}});
    };
    tell(admitted.conflicts, "documents in conflict");
    tell(admitted.cycles, "relations that lead back ignored");
    tell(admitted.moved, "documents given to another patient");
    quarantined(partner, admitted.quarantined, "subject");
}

void PageAdmission::quarantined(std::string const& partner, std::size_t count, char const* reason) {
    if (count == 0) return;
    around_.quarantined().add(static_cast<double>(count));
    logger_.warning(
        "document not kept", {{"partner", partner}, {"reason", reason}, {"entries", std::to_string(count)}}
    );
}

}  // namespace tributary::pipeline
