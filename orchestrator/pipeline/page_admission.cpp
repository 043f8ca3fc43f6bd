#include "orchestrator/pipeline/page_admission.hpp"

#include <algorithm>
#include <utility>

#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

namespace {

// Above it a page is worked on by the worker: some 5 µs per document.
constexpr std::size_t kDocumentsInline = 128;

bool is_heavy(std::vector<fhir::DocumentReference> const& entries) {
    auto const has_data = [](fhir::DocumentContent const& content) { return content.attachment.has_data; };
    return entries.size() > kDocumentsInline ||
           std::any_of(entries.begin(), entries.end(), [&](fhir::DocumentReference const& document) {
               return std::any_of(document.contents.begin(), document.contents.end(), has_data);
           });
}

}  // namespace

awaitable<Result<PreparedPage>> PageAdmission::prepare(
    std::string scope, partner::PartnerSettings const& holder, partner::FoundDocuments found
) {
    bool const heavy = is_heavy(found.entries);
    auto work = [scope = std::move(scope),
                 partner = holder.id,
                 limit = holder.document_body,
                 entries = std::move(found.entries)]() mutable {
        return pipeline::prepare(scope, partner, std::move(entries), limit);
    };
    if (!heavy) co_return work();
    co_return co_await around_.worker.execute(std::move(work), found.bytes);
}

awaitable<Result<cache::Admitted>> PageAdmission::store(
    cache::Answer answer, std::vector<InlineData> bodies
) {
    for (auto const& body : bodies) {
        auto put = [&] { return around_.storage.put_body(body.sha256, body.bytes); };
        auto const stored = co_await until_stored(around_.clock, put);
        if (!stored) co_return stored.error();
    }
    answer.now = around_.clock.utc_now();
    auto write = [&] { return around_.storage.admit(answer); };
    auto admitted = co_await until_stored(around_.clock, write);
    if (!admitted) co_return admitted;
    if (!admitted->subscriptions.empty()) around_.wake(admitted->subscriptions);
    tell_oddities(answer.partner, *admitted);
    co_return admitted;
}

awaitable<Result<void>> PageAdmission::note_absence(cache::AbsentEntry absent) {
    absent.now = around_.clock.utc_now();
    auto write = [&] { return around_.storage.note_absence(absent); };
    auto const noted = co_await until_stored(around_.clock, write);
    if (!noted) co_return noted.error();
    if (!noted->subscriptions.empty()) around_.wake(noted->subscriptions);
    co_return Result<void>();
}

void PageAdmission::tell_oddities(std::string const& partner, cache::Admitted const& admitted) {
    auto const tell = [&](std::size_t count, char const* what) {
        if (count > 0) logger_.warning(what, {{"partner", partner}, {"entries", std::to_string(count)}});
    };
    tell(admitted.conflicts, "documents in conflict");
    tell(admitted.cycles, "relations that lead back ignored");
    tell(admitted.quarantined, "documents not kept: of somebody else");
}

}  // namespace tributary::pipeline
