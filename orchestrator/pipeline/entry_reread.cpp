#include "orchestrator/pipeline/entry_reread.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pipeline/page_preparation.hpp"
#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

using async::Deadline;

awaitable<Result<cache::Holder>> EntryReread::again(
    Deadline deadline, partner::Partner& partner, std::string scope, cache::Holder holder
) {
    auto document = co_await find(deadline, partner, scope, holder);
    if (!document) co_return document.error();
    auto const admitted = co_await admit(partner, scope, holder.patient, std::move(*document));
    if (!admitted) co_return admitted.error();
    auto const content = co_await storage_.content(scope, holder.binary_id);
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
    auto known = co_await storage_.known_patient(std::move(scope), holder.patient);
    if (!known) co_return known.error();
    partner::PatientMatch match;
    match.remote_id = known->patient.id;
    match.patient_id = holder.patient;
    match.patient = std::make_shared<fhir::Patient const>(std::move(known->patient));
    partner::Page page;
    while (true) {
        auto op = partner.community().documents(deadline, match, page);
        auto found = co_await async::with_deadline(clock_, deadline, std::move(op));
        if (!found) co_return Failure(found.error());
        for (auto& document : found->entries) {
            if (document.id == holder.entry) co_return std::move(document);
        }
        if (!found->next) co_return Failure(Errc::not_found, "the partner does not serve the entry any more");
        page = std::move(*found->next);
    }
}

awaitable<Result<void>> EntryReread::admit(
    partner::Partner& partner, std::string scope, std::string patient, fhir::DocumentReference document
) {
    auto const& settings = partner.settings();
    auto work = [scope, name = settings.id, limit = settings.document_body, document = std::move(document)] {
        std::vector<fhir::DocumentReference> documents{document};
        return prepare(scope, name, std::move(documents), limit);
    };
    auto page = co_await worker_.execute(std::move(work));
    if (!page) co_return Failure(page.error());
    for (auto const& body : page->bodies) {
        auto write = [&] { return storage_.put_body(body.sha256, body.bytes); };
        auto put = co_await until_stored(clock_, write);
        if (!put) co_return put.error();
    }
    cache::Answer answer;
    answer.scope = std::move(scope);
    answer.partner = settings.id;
    answer.home_community_id = settings.home_community_id;
    answer.patient_id = std::move(patient);
    answer.entries = std::move(page->entries);
    answer.now = clock_.utc_now();
    auto write = [&] { return storage_.admit(answer); };
    auto const admitted = co_await until_stored(clock_, write);
    if (!admitted) co_return admitted.error();
    if (!admitted->subscriptions.empty()) wake_(admitted->subscriptions);
    co_return Result<void>();
}

}  // namespace tributary::pipeline
