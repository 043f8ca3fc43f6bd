#include "orchestrator/pipeline/entry_reread.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pacing/retry.hpp"

namespace tributary::pipeline {

using async::Deadline;

namespace {

constexpr unsigned kGone = 410, kNotImplemented = 501;

/// Perhaps not this entry, but the reading of any: not a partner that is down, nor one that knows the entry as deleted.
bool refuses_reading(Failure const& why) {
    auto const status = why.http_status();
    if (status == 0) return why.errc() == Errc::malformed || why.errc() == Errc::not_found;
    return status == kNotImplemented ||
           (status >= 400 && status < 500 && status != kGone && !pacing::classify(why).retryable);
}

}  // namespace

awaitable<Result<cache::Holder>> EntryReread::again(
    Deadline deadline, partner::Partner& partner, std::string scope, cache::Holder holder
) {
    auto document = co_await find(deadline, partner, scope, holder);
    if (!document) co_return document.error();
    auto const admitted = co_await admit(partner, scope, holder.patient, std::move(*document));
    if (!admitted) co_return admitted.error();
    auto const content = co_await around_.storage.content(scope, holder.binary_id);
    if (!content) co_return content.error();
    auto const own =
        std::find_if(content->holders.begin(), content->holders.end(), [&](cache::Holder const& one) {
            return one.binary_id == holder.binary_id;
        });
    if (own == content->holders.end()) co_return Failure(Errc::not_found, "no longer there");
    co_return *own;
}

awaitable<Result<fhir::DocumentReference>> EntryReread::find(
    Deadline deadline, partner::Partner& partner, std::string scope, cache::Holder holder
) {
    auto known = co_await around_.storage.known_patient(std::move(scope), holder.patient);
    if (!known) co_return known.error();
    partner::PatientMatch match;
    match.remote_id = known->patient.id;
    match.patient_id = holder.patient;
    match.patient = std::make_shared<fhir::Patient const>(std::move(known->patient));
    auto op = partner.community().document(deadline, match, holder.entry);
    auto read = co_await async::with_deadline(around_.clock, deadline, std::move(op));
    if (read) {
        read_by_id_.insert(partner.id());
        co_return read;
    }
    if (read_by_id_.contains(partner.id()) || !refuses_reading(read.error())) co_return Failure(read.error());
    co_return co_await search(deadline, partner, std::move(match), std::move(holder.entry));
}

awaitable<Result<fhir::DocumentReference>> EntryReread::search(
    Deadline deadline, partner::Partner& partner, partner::PatientMatch match, std::string entry
) {
    partner::Page page;
    while (true) {
        auto op = partner.community().documents(deadline, match, page);
        auto found = co_await async::with_deadline(around_.clock, deadline, std::move(op));
        if (!found) co_return Failure(found.error());
        for (auto& document : found->entries) {
            if (document.id == entry) co_return std::move(document);
        }
        if (!found->next) co_return Failure(Errc::not_found, "the partner does not serve the entry any more");
        page = std::move(*found->next);
    }
}

awaitable<Result<void>> EntryReread::admit(
    partner::Partner& partner, std::string scope, std::string patient, fhir::DocumentReference document
) {
    auto const& settings = partner.settings();
    cache::Answer answer;
    answer.scope = scope;
    answer.partner = settings.id;
    answer.home_community_id = settings.home_community_id;
    answer.patient_id = std::move(patient);
    partner::FoundDocuments found;
    found.entries.push_back(std::move(document));
    auto page = co_await admission_.prepare(std::move(scope), settings, std::move(found));
    if (!page) co_return Failure(page.error());
    answer.entries = std::move(page->entries);
    auto const admitted = co_await admission_.store(std::move(answer), std::move(page->bodies));
    if (!admitted) co_return admitted.error();
    co_return Result<void>();
}

}  // namespace tributary::pipeline
