#include "orchestrator/pipeline/discovery.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <unordered_set>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fhir/resources/outward.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pacing/retry.hpp"
#include "orchestrator/pipeline/ids.hpp"
#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

using async::Deadline;
using partner::Step;
using partner::StepKind;
using partner::StepResult;

namespace {

// Above it an answer is worked on by the worker: some 10 µs per Patient.
constexpr std::size_t kPatientsInline = 64;
constexpr std::size_t kAskedInOneTurn = 4;
constexpr std::size_t kMostSecondLooks = 20;  // a Patient and run; the rest at the next one
constexpr unsigned kNotFound = 404, kGone = 410;

}  // namespace

Discovery::Discovery(DiscoverySurroundings& surroundings, Identity identity, Listener listener)
    : around_(surroundings),
      identity_(std::move(identity)),
      listener_(std::move(listener)),
      logger_(surroundings.logger.child("discovery", identity_.id)),
      admission_(surroundings, logger_),
      exchanges_(surroundings.partners.size()),
      steps_(surroundings.ex, [log = logger_](std::string_view task, std::exception_ptr error) {
          log.bug(task, error);
      }) {}

void Discovery::ask(std::vector<std::string> const& partners) {
    std::unordered_set<std::string_view> const wanted(partners.begin(), partners.end());
    for (std::size_t i = 0; i < around_.partners.size(); ++i) {
        if (!wanted.contains(partner(i).id())) continue;
        auto const target = static_cast<std::uint32_t>(i);
        if (exchanges_[i].owed) (void)partner(i).lane().drop(*this, identity_.flow, target);
        if (exchanges_[i].open) continue;
        open(i);
        to_ask_.push_back(i);
    }
    if (!asking_ && !to_ask_.empty()) asking_ = steps_.spawn("ask", ask_in_turn());
}

awaitable<void> Discovery::ask_in_turn() {
    while (!to_ask_.empty()) {
        for (std::size_t n = 0; n < kAskedInOneTurn && !to_ask_.empty(); ++n) {
            auto const index = to_ask_.front();
            to_ask_.pop_front();
            add(index, make_step(StepKind::patient_discovery, static_cast<std::uint32_t>(index)));
        }
        co_await boost::asio::post(around_.ex, boost::asio::use_awaitable);
    }
    asking_ = false;
}

void Discovery::open(std::size_t index) {
    Exchange& exchange = exchanges_[index];
    if (exchange.owed) --owed_;
    auto const owed_runs = exchange.owed_runs;
    exchange = Exchange{};
    exchange.owed_runs = owed_runs;
    exchange.open = true;
    ++open_;
    count_running(true);
}

void Discovery::count_running(bool running) {
    if (std::exchange(counted_, running) == running) return;
    around_.running.add(running ? 1 : -1);
}

void Discovery::cancel() {
    cancelled_ = true;
    count_running(false);
    for (auto const& asked : around_.partners) asked->lane().forget(*this, identity_.flow);
    steps_.cancel();
}

Step Discovery::make_step(StepKind kind, std::uint32_t target) {
    Step step;
    step.runner = this;
    step.flow = identity_.flow;
    step.kind = kind;
    step.priority =
        kind == StepKind::query_documents ? partner::Priority::query : partner::Priority::discovery;
    step.target = target;
    return step;
}

std::size_t Discovery::partner_of(Step const& step) const {
    return step.kind == StepKind::patient_discovery ? step.target : queries_.at(step.target).partner;
}

void Discovery::add(std::size_t index, Step step) {
    if (cancelled_) return;  // a coroutine meets the cancel only at its next co_await
    ++exchanges_[index].steps;
    auto& lane = partner(index).lane();
    if (auto const added = lane.add(step); !added) ended(lane, step, StepResult::failed(added.error()));
}

void Discovery::add_query(Query query) {
    auto const index = query.partner;
    auto const target = next_query_++;
    queries_.emplace(target, std::move(query));
    add(index, make_step(StepKind::query_documents, target));
}

void Discovery::start(partner::Lane&, Step step, partner::Slot slot) {
    auto const index = partner_of(step);
    if (step.owed && !exchanges_[index].open) {
        open(index);
        exchanges_[index].steps = 1;
    }
    (void)steps_.spawn(
        "step", run(index, step, std::move(slot))
    );  // closed: cancelled, and the slot goes back with the frame
}

void Discovery::ended(partner::Lane&, Step const& step, StepResult const& result) {
    if (cancelled_) return;
    auto const index = partner_of(step);
    Exchange& exchange = exchanges_[index];
    bool const second_look =
        step.kind == StepKind::query_documents && !queries_.at(step.target).entry.empty();
    if (auto const* failed = result.get<StepResult::Failed>(); failed != nullptr && !second_look) {
        auto const seen = pacing::classify(failed->why);
        exchange.failed = seen.issue;
        exchange.may_pass = seen.may_pass;
    }
    if (step.kind == StepKind::query_documents) queries_.erase(step.target);
    if (--exchange.steps > 0) return;
    closed_.push_back(index);
    if (!settling_) (void)steps_.spawn("report", report_closed());
}

awaitable<void> Discovery::run(std::size_t index, Step step, partner::Slot slot) {
    auto result = StepResult::failed(Failure(Errc::bug));
    std::exception_ptr bug;
    try {
        if (step.kind == StepKind::patient_discovery) {
            result = co_await discover_patient(index, step, slot);
        } else {
            result = co_await query_documents(index, step, slot);
        }
    } catch (...) {
        bug = std::current_exception();
    }
    if (bug && (cancelled_ || async::is_cancellation(bug))) std::rethrow_exception(bug);
    if (cancelled_) co_return;  // nothing of it may be queued again
    settling_ = true;
    step.flow = identity_.flow;  // whose turn it takes may have changed
    partner(index).lane().settle(step, std::move(result));
    settling_ = false;
    slot.release();
    co_await report_closed();
    if (bug)
        std::rethrow_exception(bug);  // told to the group's handler; the Exchange is settled all the same
}

awaitable<StepResult> Discovery::discover_patient(std::size_t index, Step step, partner::Slot& slot) {
    auto& asked = partner(index);
    Call call(around_.clock, identity_.id, asked.id(), step);
    auto const deadline = Deadline::after(around_.clock, asked.settings().discovery_timeout);
    auto op = asked.community().patients(deadline, identity_.query);
    auto found = co_await with_deadline(around_.clock, deadline, std::move(op));
    if (!found) {
        around_.calls.failed(std::move(call), found.error());
        co_return StepResult::of(found.error());
    }
    around_.calls.succeeded(std::move(call), found->bytes);
    slot.answered();
    exchanges_[index].partial |= found->partial;
    co_return co_await accept(index, std::move(found->patients));
}

/// Stores whom the partner's answer is about and asks for their documents.
awaitable<StepResult> Discovery::accept(std::size_t index, std::vector<fhir::Patient> candidates) {
    auto const many = candidates.size() > kPatientsInline;
    auto work = [acceptance = around_.settings.acceptance,
                 query = identity_.query,
                 candidates = std::move(candidates),
                 most = around_.settings.max_matches]() mutable {
        return fhir::identity::resolve(acceptance, query, std::move(candidates), most);
    };
    fhir::identity::Resolved resolved;
    if (many) {
        auto worked = co_await around_.worker.execute(std::move(work));
        if (!worked) co_return StepResult::of(Failure(worked.error()));
        resolved = std::move(*worked);
    } else {
        resolved = work();
    }
    if (resolved.resolution == fhir::identity::Resolution::ambiguous) exchanges_[index].ambiguous = true;
    exchanges_[index].partial |= resolved.cut;
    if (resolved.resolution != fhir::identity::Resolution::matched) co_return StepResult::done();
    auto const& name = partner(index).id();
    cache::PatientsAnswer answer;
    answer.discovery = identity_.id;
    answer.scope = identity_.scope;
    answer.partner = name;
    answer.now = around_.clock.utc_now();
    for (auto& patient : resolved.patients) {
        fhir::drop_partner_uris(patient.resource, partner(index).settings().fhir);
        answer.patients.push_back({patient_id(identity_.scope, name, patient.id), std::move(patient)});
    }
    auto write = [&] { return around_.storage.admit_patients(answer); };
    auto const admitted = co_await until_stored(around_.clock, write);
    if (!admitted) co_return StepResult::failed(admitted.error());
    if (!cancelled_) listener_.changed();
    if (!admitted->empty()) around_.wake_by_id(*admitted);
    for (auto& patient : answer.patients) {
        Query query;
        query.partner = index;
        query.match.remote_id = patient.patient.id;
        query.match.patient_id = patient.id;
        query.match.patient = std::make_shared<fhir::Patient const>(std::move(patient.patient));
        asked_.push_back({index, answer.now, query.match});
        add_query(std::move(query));
    }
    co_return StepResult::done();
}

awaitable<StepResult> Discovery::query_documents(std::size_t index, Step step, partner::Slot& slot) {
    Query query = queries_.at(step.target);  // a copy: the map grows meanwhile
    if (!query.entry.empty()) co_return co_await read_entry(index, std::move(query), step, slot);
    auto& asked = partner(index);
    Call call(around_.clock, identity_.id, asked.id(), step);
    auto const deadline = Deadline::after(around_.clock, asked.settings().query_timeout);
    auto op = asked.community().documents(deadline, query.match, query.page);
    auto found = co_await with_deadline(around_.clock, deadline, std::move(op));
    if (!found) {
        around_.calls.failed(std::move(call), found.error());
        co_return page_failed(std::move(query), found.error());
    }
    around_.calls.succeeded(std::move(call), found->bytes);
    slot.answered();
    exchanges_[index].partial |= found->partial;
    exchanges_[index].dropped |= found->dropped > 0;
    if (found->dropped > 0)
        logger_.warning(
            "entries of another subject dropped",
            {{"partner", asked.id()}, {"entries", std::to_string(found->dropped)}}
        );
    if (found->next) {  // asked for while this page is admitted
        Query next = query;
        next.page = std::move(*found->next);
        add_query(std::move(next));
    }
    co_return co_await admit(index, std::move(query.match), std::move(*found));
}

/// The search has not listed the entry any more: what it says itself decides. A partner that hides it, or does not offer the read, withdraws nothing.
awaitable<StepResult> Discovery::read_entry(std::size_t index, Query query, Step step, partner::Slot& slot) {
    auto& asked = partner(index);
    Call call(around_.clock, identity_.id, asked.id(), step);
    auto const deadline = Deadline::after(around_.clock, asked.settings().query_timeout);
    auto op = asked.community().document(deadline, query.match, query.entry);
    auto document = co_await with_deadline(around_.clock, deadline, std::move(op));
    if (document) {
        around_.calls.succeeded(std::move(call), 0);
        slot.answered();
        partner::FoundDocuments found;
        found.entries.push_back(std::move(*document));
        co_return co_await admit(index, std::move(query.match), std::move(found));
    }
    around_.calls.failed(std::move(call), document.error());
    auto const status = document.error().http_status();
    if (status != kGone && status != kNotFound && document.error().errc() != Errc::not_found)
        co_return StepResult::of(document.error());
    cache::AbsentEntry absent;
    absent.scope = identity_.scope;
    absent.partner = asked.id();
    absent.remote_id = std::move(query.entry);
    absent.deleted = status == kGone;
    auto const noted = co_await admission_.note_absence(std::move(absent));
    co_return noted ? StepResult::done() : StepResult::failed(noted.error());
}

/// After a whole answer: entries known from before that it has not listed are read one by one. True: some are. The Exchange is held open
/// meanwhile: Steps that a Lane refuses, or that end while others are still looked for, do not close it a second time.
awaitable<bool> Discovery::look_for_unseen(std::size_t index) {
    Exchange const& exchange = exchanges_[index];
    bool const whole =
        exchange.failed.empty() && !exchange.ambiguous && !exchange.partial && !exchange.dropped;
    std::vector<Asked> mine;
    std::erase_if(asked_, [&](Asked& one) {
        bool const taken = one.partner == index;
        if (taken) mine.push_back(std::move(one));
        return taken;
    });
    if (!whole) co_return false;
    ++exchanges_[index].steps;
    for (auto const& asked : mine) {
        auto const unseen = co_await around_.storage.unseen_entries(
            identity_.scope, asked.match.patient_id, asked.since, kMostSecondLooks
        );
        if (!unseen) {
            logger_.warning("unseen entries not read", {{"reason", unseen.error().detail()}});
            continue;
        }
        for (auto const& entry : *unseen) {
            Query query;
            query.partner = index;
            query.match = asked.match;
            query.entry = entry;
            add_query(std::move(query));
        }
    }
    co_return --exchanges_[index].steps > 0 && !cancelled_;
}

/// A first page fails as any call does. A later one that is gone for good leaves the answer partial; an expired link restarts the query, once.
StepResult Discovery::page_failed(Query query, Failure why) {
    auto const seen = pacing::classify(why);
    bool const expired = why.http_status() == 404 || why.http_status() == 410;
    if (query.page.url.empty() || (seen.may_pass && !expired)) return StepResult::of(std::move(why));
    if (expired && !query.restarted) {
        query.page = partner::Page{};
        query.restarted = true;
        add_query(std::move(query));
    } else {
        exchanges_[query.partner].partial = true;
    }
    return StepResult::done();
}

awaitable<StepResult> Discovery::admit(
    std::size_t index, partner::PatientMatch match, partner::FoundDocuments found
) {
    if (found.entries.empty()) co_return StepResult::done();
    auto const& holder = partner(index).settings();
    cache::Answer answer;
    answer.discovery = identity_.id;
    answer.scope = identity_.scope;
    answer.partner = holder.id;
    answer.home_community_id = holder.home_community_id;
    answer.patient_id = std::move(match.patient_id);
    answer.size = found.bytes;
    answer.retrieve_missing = !identity_.refresh;
    auto page = co_await admission_.prepare(identity_.scope, holder, std::move(found));
    if (!page) co_return StepResult::of(Failure(page.error()));
    exchanges_[index].partial |= page->partial;
    answer.entries = std::move(page->entries);
    std::vector<std::string> to_retrieve;
    auto const stored = co_await admission_.store(std::move(answer), std::move(page->bodies), to_retrieve);
    if (around_.settings.retrieve == Retrieve::eager && !cancelled_)
        around_.retrievals.prefetch(identity_.scope, std::move(to_retrieve), identity_.flow);
    if (!stored) co_return StepResult::failed(stored.error());
    co_return StepResult::done();
}

awaitable<void> Discovery::report_closed() {
    while (!closed_.empty()) {
        auto const index = closed_.back();
        closed_.pop_back();
        bool const goes_on = co_await look_for_unseen(index);
        if (!goes_on) co_await report(index);
    }
}

awaitable<void> Discovery::report(std::size_t index) {
    Exchange const closed = exchanges_[index];
    cache::ExchangeOutcome outcome;
    outcome.discovery = identity_.id;
    outcome.partner = partner(index).id();
    outcome.now = around_.clock.utc_now();
    if (!closed.failed.empty()) {
        outcome.state = cache::ExchangeState::failed;
        outcome.issue = closed.failed;
        outcome.owed = closed.may_pass;
    } else if (closed.ambiguous || closed.partial) {
        outcome.issue = closed.ambiguous ? "multiple-matches" : "incomplete";
    }
    auto write = [&] { return around_.storage.finish_exchange(outcome); };
    auto const finished = co_await until_stored(around_.clock, write, Patience::endless);
    if (!finished) logger_.error("exchange not stored", {{"partner", outcome.partner}});
    logger_.info(
        "exchange",
        {{"partner", outcome.partner},
         {"outcome", closed.failed.empty() ? "answered" : outcome.issue},
         {"owed", outcome.owed ? "yes" : "no"}}
    );
    if (cancelled_) co_return;
    assert(open_ > 0);
    exchanges_[index].open = false;
    if (outcome.owed) {
        owe(index);
    } else {
        exchanges_[index].owed_runs = 0;
    }
    if (--open_ > 0) {
        listener_.changed();
        co_return;
    }
    count_running(false);
    listener_.settled();
}

/// Queues the Exchange to be run again later, or by the breaker's probe.
void Discovery::owe(std::size_t index) {
    Exchange& exchange = exchanges_[index];
    exchange.owed = true;
    ++owed_;
    ++exchange.owed_runs;
    auto const wait = pacing::owed_delay(exchange.owed_runs);
    partner(index).lane().add_owed(
        make_step(StepKind::patient_discovery, static_cast<std::uint32_t>(index)), around_.clock.now() + wait
    );
}

}  // namespace tributary::pipeline
