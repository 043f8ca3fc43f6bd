#include <algorithm>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pipeline/retrievals_impl.hpp"
#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

using async::Deadline;
using partner::Step;
using partner::StepKind;
using partner::StepResult;

namespace {

using Job = RetrievalJob;
using JobPtr = RetrievalJobPtr;
using Look = HolderPlan::Look;

constexpr unsigned kGone = 410;
constexpr std::size_t kCheckedInline = 16 * 1024;  // hashed and looked at in less than 0.1 ms
constexpr std::chrono::seconds kAfterTrouble{30};
constexpr std::size_t kMostUnstored = 256, kMostUnstoredBytes = std::size_t{64} << 20U;

}  // namespace

awaitable<StepResult> Retrievals::Impl::retrieve(
    JobPtr job, partner::Partner& partner, Step step, partner::Slot& slot
) {
    if (job->waiters == 0 && is_full()) co_return StepResult::parked(around_.clock.now() + kAfterTrouble);
    if (job->plan.look() == Look::reread || job->plan.look() == Look::last_look) {
        auto const looked = co_await look_again(job, partner, step);
        if (!looked) co_return failed(*job, looked.error());
    }
    auto const holder = job->plan.holder();
    if (holder.url.empty()) co_return co_await take_from_entry(std::move(job), partner, step);
    auto const look = job->plan.look();
    Call call(around_.clock, std::string(), partner.id(), step);
    auto const deadline = Deadline::after(around_.clock, partner.settings().retrieve_timeout);
    std::vector<partner::DocumentAddress> addresses;
    addresses.push_back(address_of(holder, look == Look::last_look));
    auto op = partner.community().retrieve(deadline, std::move(addresses));
    auto answers = co_await with_deadline(around_.clock, deadline, std::move(op));
    job->call = nullptr;  // what came is kept, whoever wants it
    auto answer = answers && !answers->empty()
                      ? std::move(answers->front())
                      : Result<partner::RetrievedDocument>(
                            answers ? Failure(Errc::protocol) : Failure(answers.error())
                        );
    if (!answer) {
        around_.calls.failed(std::move(call), answer.error());
        if (answer.error().http_status() == kGone) co_await mark_gone(job->scope, holder);
        co_return failed(*job, answer.error());
    }
    around_.calls.succeeded(std::move(call), answer->wire_bytes);
    slot.answered();
    auto document = co_await check(holder, look, std::move(*answer));
    if (!document) {
        if (document.error().errc() == Errc::conflict && look == Look::last_look) quarantined(*job, "digest");
        co_return failed(*job, document.error());
    }
    co_return co_await store(std::move(job), std::move(*document));
}

awaitable<void> Retrievals::Impl::mark_gone(std::string scope, cache::Holder holder) {
    auto write = [&] { return around_.storage.mark_gone(scope, holder.binary_id, holder.url); };
    auto const marked = co_await until_stored(around_.clock, write);
    if (!marked) around_.logger.error("gone document not marked", {{"partner", holder.partner}});
}

/// Reads the DocumentReference of the holder again. Errors: why there is nothing to retrieve; what was wrong before, where the document has not moved.
awaitable<Result<void>> Retrievals::Impl::look_again(JobPtr job, partner::Partner& partner, Step step) {
    auto const before = job->plan.holder();
    auto now = co_await reread(job, partner, step);
    bool const moved = now && now->url != before.url;
    if (now && now->binary_id == job->binary_id) {
        job->url = now->url;
        job->hash = now->hash;
    }
    if (now) job->plan.replace(std::move(*now));
    if (job->plan.look() == Look::last_look || moved) co_return Result<void>();
    job->plan.give_up();
    co_return job->last;
}

/// Bytes that came inside their entry come with it again: what was kept of them is there no longer.
awaitable<StepResult> Retrievals::Impl::take_from_entry(JobPtr job, partner::Partner& partner, Step step) {
    job->plan.give_up();
    auto now = co_await reread(job, partner, step);
    if (!now) co_return failed(*job, now.error());
    auto record = co_await around_.storage.content(job->scope, job->binary_id);
    if (!record) co_return failed(*job, record.error());
    auto body = co_await read(std::move(*record));
    if (!body) co_return failed(*job, body.error());
    finish(job, std::move(body));
    co_return StepResult::done();
}

awaitable<Result<cache::Holder>> Retrievals::Impl::reread(JobPtr job, partner::Partner& partner, Step step) {
    step.kind = StepKind::query_documents;
    Call call(around_.clock, std::string(), partner.id(), step);
    auto const deadline = Deadline::after(around_.clock, partner.settings().query_timeout);
    std::vector<std::string> missing;
    auto now = co_await reread_.again(deadline, partner, job->scope, job->plan.holder(), missing);
    if (!job->flows.empty()) prefetch(job->scope, std::move(missing), job->flows.front());
    if (now) {
        around_.calls.succeeded(std::move(call), 0);
    } else {
        around_.calls.failed(std::move(call), now.error());
    }
    co_return now;
}

awaitable<Result<CheckedDocument>> Retrievals::Impl::check(
    cache::Holder holder, Look look, partner::RetrievedDocument retrieved
) {
    auto const bytes = retrieved.bytes.size();
    auto work = [holder = std::move(holder), look, retrieved = std::move(retrieved)]() mutable {
        ExpectedDocument const expected{
            holder.content_type, holder.hash, holder.unique_id, holder.size, look == Look::last_look
        };
        return check_document(expected, std::move(retrieved));
    };
    if (bytes <= kCheckedInline) co_return work();
    co_return co_await around_.worker.execute(std::move(work));
}

/// Trouble of our own spends no holder where somebody wants the document later, too.
StepResult Retrievals::Impl::failed(Job& job, Failure why) {
    if (is_our_trouble(why) && !job.flows.empty()) {
        job.refuse(std::move(why));
        return StepResult::parked(around_.clock.now() + kAfterTrouble);
    }
    job.last = why;
    switch (job.plan.failed(why)) {
        case HolderPlan::Next::there:
            return StepResult::parked(around_.clock.now());
        case HolderPlan::Next::repeat:
            return StepResult::of(std::move(why));
        case HolderPlan::Next::elsewhere:
            break;
    }
    return StepResult::failed(std::move(why));
}

void Retrievals::Impl::quarantined(Job const& job, char const* reason) {
    quarantined_.add();
    around_.logger.warning("document not kept", {{"partner", job.plan.holder().partner}, {"reason", reason}});
}

awaitable<StepResult> Retrievals::Impl::store(JobPtr job, CheckedDocument document) {
    auto written = co_await write(job, document);
    if (written) co_return stored(job, std::move(document), std::move(*written));
    auto const why = written.error();
    if (job->flows.empty()) {  // another holder's bytes could not be stored either
        finish(job, why);
        co_return StepResult::done();
    }
    if (!is_our_trouble(why) || is_full()) co_return failed(*job, why);
    job->refuse(why);
    (void)calls_under_way_.spawn("store later", store_later(job, std::move(document)));  // closed: cancelled
    co_return StepResult::done();
}

awaitable<Result<cache::Admitted>> Retrievals::Impl::write(JobPtr job, CheckedDocument const& document) {
    auto const held = around_.storage.hold_body(document.identity.sha256);
    auto put = [&] { return around_.storage.put_body(document.identity.sha256, document.bytes); };
    auto const written = co_await until_stored(around_.clock, put);
    if (!written) co_return written.error();
    cache::AttachedBody body;
    body.binary_id = job->binary_id;
    body.url = job->url;
    body.hash = job->hash;
    body.identity = document.identity;
    body.size = document.bytes->size();
    body.now = around_.clock.utc_now();
    body.media_type = document.media_type;
    body.subjects = document.subjects;
    body.hash_mismatch = document.hash_mismatch;
    auto attach = [&] { return around_.storage.attach_body(body); };
    co_return co_await until_stored(around_.clock, attach);
}

StepResult Retrievals::Impl::stored(JobPtr const& job, CheckedDocument document, cache::Admitted attached) {
    if (attached.outdated) {
        list_anew(job);
        return StepResult::done();
    }
    if (attached.quarantined > 0) {
        quarantined(*job, "subject");
        job->plan.give_up();
        return failed(*job, Failure(Errc::conflict, "the document is somebody else's"));
    }
    if (attached.conflicts > 0)
        around_.logger.warning("documents in conflict", {{"partner", job->plan.holder().partner}});
    if (document.wrong_size) around_.tell_wrong_sizes(job->plan.holder().partner, 1);
    auto const flows = job->flows;
    finish(
        job,
        Body{std::move(document.content_type), std::move(document.bytes), std::move(document.identity.sha256)}
    );
    if (!attached.subscriptions.empty()) around_.wake(attached);
    if (!flows.empty()) prefetch(job->scope, std::move(attached.to_retrieve), flows.front());
    return StepResult::done();
}

/// No more documents are kept in memory until they can be stored; what would come on top is not retrieved before, unless somebody waits for it.
bool Retrievals::Impl::is_full() const {
    return unstored_ >= kMostUnstored || unstored_bytes_ >= kMostUnstoredBytes;
}

/// The partner has done its part: what it gave is kept until it can be stored, for as long as somebody wants it.
awaitable<void> Retrievals::Impl::store_later(JobPtr job, CheckedDocument document) {
    auto const bytes = document.bytes->size();
    ++unstored_;
    unstored_bytes_ += bytes;
    auto outcome = Result<cache::Admitted>(Failure(Errc::storage));
    while (!outcome && is_our_trouble(outcome.error()) && jobs_.contains(job->number) && job->wanted()) {
        co_await around_.clock.sleep_for(kAfterTrouble);
        outcome = co_await write(job, document);
        if (!outcome) job->refuse(outcome.error());
    }
    --unstored_;
    unstored_bytes_ -= bytes;
    if (!jobs_.contains(job->number)) co_return;
    if (!outcome) {
        finish(job, outcome.error());
        co_return;
    }
    auto const result = stored(job, std::move(document), std::move(*outcome));
    if (auto const* failed = result.get<StepResult::Failed>(); failed != nullptr) go_on(job, failed->why);
}

/// Its entry has changed: the new bytes are retrieved for the same who wanted the old ones.
void Retrievals::Impl::list_anew(JobPtr const& job) {
    if (!jobs_.contains(job->number)) return;
    job->state = Job::State::listed;
    listed_.push_back(job->number);
    look_up_next();
}

}  // namespace tributary::pipeline
