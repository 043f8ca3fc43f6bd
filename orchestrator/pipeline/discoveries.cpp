#include "orchestrator/pipeline/discoveries.hpp"

#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "orchestrator/base/digest.hpp"
#include "orchestrator/pipeline/appointments.hpp"
#include "orchestrator/pipeline/discovery.hpp"
#include "orchestrator/pipeline/progress_teller.hpp"
#include "orchestrator/pipeline/stored_interest.hpp"
#include "orchestrator/pipeline/until_stored.hpp"
#include "orchestrator/pipeline/wanted.hpp"

namespace tributary::pipeline {

using async::Clock;

namespace {

constexpr std::size_t kOpenedAtOnce = 64;
constexpr std::size_t kResumedAtOnce = 256;
constexpr std::size_t kMissingAtOnce = 10'000;  // contents; what is beyond is retrieved when it is read
constexpr std::chrono::seconds kReopenAfter{5};
constexpr std::chrono::seconds kForgetAfter{5};
constexpr std::chrono::hours kAlways{24 * 36500};

}  // namespace

struct Discoveries::Impl {
    explicit Impl(DiscoverySurroundings surroundings);

    enum class Reason { asked, resumed };
    void want(Interest interest, Reason reason);
    Wanted& find_or_add(std::string key, Interest& interest);
    void share(Wanted& wanted, std::uint32_t app);
    void follow(Wanted& wanted, Interest const& interest);
    void unwant(std::string const& subscription);
    static std::string key_of(std::string const& scope, fhir::search::PatientQuery const& query) {
        return scope + "\n" + query.key();
    }
    std::size_t about_to_ask(std::string const& scope, fhir::search::PatientQuery const& query) const;
    awaitable<Result<void>> resume(subscriptions::Rules rules);

    void request_open(Wanted& wanted);
    void open_next();
    awaitable<void> open(std::uint32_t number);
    void opened(Wanted& wanted, cache::OpenedDiscovery const& opened, bool again);
    void changed(std::uint32_t number);
    void settled(std::uint32_t number);
    void tell(Wanted const& wanted, std::set<std::string> const& followers);
    void tell_all(Wanted& wanted);
    void retrieve_missing(Wanted& wanted, std::string const& subscription);
    awaitable<void> prefetch_missing(std::uint32_t number, std::string subscription);
    void retrieve_for_others();
    awaitable<void> prefetch_for_others();
    void forget_when_done(Wanted& wanted);
    void forget(std::uint32_t number);
    void retire(Wanted& wanted);
    void abandon(std::string key, std::string discovery);
    awaitable<void> write_abandoned(std::string key, std::string discovery);
    awaitable<Result<void>> try_to_abandon(std::string const& key, std::string const& discovery);
    awaitable<void> reap(Discovery* discovery);

    awaitable<void> keep_appointments();
    void keep(Appointment appointment);
    awaitable<void> mark_late(Appointment appointment);

    void cancel();
    awaitable<void> stop();

    DiscoverySurroundings around_;
    ProgressTeller teller_{around_};
    std::uint32_t next_number_ = 0;
    std::unordered_map<std::uint32_t, Wanted> wanted_;
    std::unordered_map<std::string, std::uint32_t> by_key_;
    std::unordered_map<std::string, std::uint32_t> by_subscription_;
    std::unordered_map<std::uint32_t, std::size_t> app_load_;  ///< how many take the turn of an app
    bool others_due_ = false;
    std::deque<std::uint32_t> to_open_;
    std::size_t opening_ = 0;
    std::list<std::unique_ptr<Discovery>> ending_;
    Appointments appointments_{around_.clock};
    bool cancelled_ = false;
    async::TaskGroup tasks_;  // last
};

Discoveries::Impl::Impl(DiscoverySurroundings surroundings)
    : around_(std::move(surroundings)),
      tasks_(around_.ex, [log = around_.logger](std::string_view task, std::exception_ptr error) {
          log.bug(task, error);
      }) {
    (void)tasks_.spawn("appointments", keep_appointments());
}

void Discoveries::Impl::want(Interest interest, Reason reason) {
    if (cancelled_) return;
    if (interest.query.empty()) return unwant(interest.subscription);
    auto key = key_of(interest.scope, interest.query);
    auto const asked = by_subscription_.find(interest.subscription);
    if (asked != by_subscription_.end() && wanted_.at(asked->second).key != key)
        unwant(interest.subscription);
    Wanted& wanted = find_or_add(std::move(key), interest);
    by_subscription_.emplace(interest.subscription, wanted.number);
    follow(wanted, interest);
    wanted.resumed = reason == Reason::resumed;
    wanted.subscriptions.insert(interest.subscription);
    if (wanted.discovery == nullptr || !wanted.discovery->running()) request_open(wanted);
    if (reason == Reason::asked) retrieve_missing(wanted, interest.subscription);
}

std::size_t Discoveries::Impl::about_to_ask(std::string const& scope, fhir::search::PatientQuery const& query)
    const {
    auto const known = by_key_.find(key_of(scope, query));
    bool const opening = known != by_key_.end() && wanted_.at(known->second).opening;
    return opening ? around_.partners.size() : 0;
}

/// Who joins a Discovery that runs is told of it at once; of one that is to be opened, once it is.
void Discoveries::Impl::follow(Wanted& wanted, Interest const& interest) {
    if (!interest.progress) {
        wanted.followers.erase(interest.subscription);
        return;
    }
    wanted.followers.insert(interest.subscription);
    if (wanted.discovery && wanted.discovery->running()) tell(wanted, {interest.subscription});
}

Wanted& Discoveries::Impl::find_or_add(std::string key, Interest& interest) {
    auto const app = static_cast<std::uint32_t>(std::hash<std::string>()(interest.origin));
    auto const [known, fresh] = by_key_.try_emplace(key, next_number_ + 1);
    Wanted& wanted = wanted_[known->second];
    if (!fresh) {
        share(wanted, app);
        return wanted;
    }
    wanted.number = ++next_number_;
    wanted.key = std::move(key);
    wanted.scope = std::move(interest.scope);
    wanted.query = std::move(interest.query);
    wanted.flow = {app, wanted.number};
    ++app_load_[app];
    return wanted;
}

/// What several apps wait for takes the turn of the one with the fewest Discoveries: it must not wait for those of another.
void Discoveries::Impl::share(Wanted& wanted, std::uint32_t app) {
    if (app_load_[app] + 1 >= app_load_[wanted.flow.app]) {
        if (app_load_[app] == 0) app_load_.erase(app);
        return;
    }
    if (--app_load_[wanted.flow.app] == 0) app_load_.erase(wanted.flow.app);
    ++app_load_[app];
    for (auto const& asked : around_.partners) asked->lane().move(wanted.flow, app);
    wanted.flow.app = app;
    if (wanted.discovery) wanted.discovery->take_turn_of(app);
}

void Discoveries::Impl::unwant(std::string const& subscription) {
    if (around_.retrievals.wanted_by_nobody()) retrieve_for_others();
    auto const asked = by_subscription_.find(subscription);
    if (asked == by_subscription_.end()) return;
    auto const number = asked->second;
    by_subscription_.erase(asked);
    Wanted& wanted = wanted_.at(number);
    wanted.subscriptions.erase(subscription);
    wanted.followers.erase(subscription);
    if (!wanted.subscriptions.empty()) return;
    if (around_.retrievals.release(wanted.flow)) retrieve_for_others();
    if (wanted.discovery) retire(wanted);
    forget(number);
}

/// What was to be retrieved for a Subscription that has ended, and others were told of, too, whose own Discovery is over or who never had one.
void Discoveries::Impl::retrieve_for_others() {
    if (around_.settings.retrieve != Retrieve::eager || std::exchange(others_due_, true)) return;
    if (!tasks_.spawn("retrieve for others", prefetch_for_others())) others_due_ = false;
}

awaitable<void> Discoveries::Impl::prefetch_for_others() {
    auto read = [&] {
        others_due_ = false;
        return around_.storage.contents_to_retrieve(std::string(), kMissingAtOnce);
    };
    auto missing = co_await until_stored(around_.clock, read, Patience::endless);
    if (!missing) {
        around_.logger.error("documents of others not read", {});
        co_return;
    }
    if (missing->size() < kMissingAtOnce) around_.retrievals.keep_of_nobody({}, *missing);
    around_.retrievals.prefetch({}, std::move(*missing));
}

/// Documents that the Subscription was told of from the cache: those for whom they were to be retrieved may be gone. Whoever is not looked at
/// any more is forgotten at once where the storage refuses at once: last in want().
void Discoveries::Impl::retrieve_missing(Wanted& wanted, std::string const& subscription) {
    if (around_.settings.retrieve != Retrieve::eager) return;
    ++wanted.looking;  // it may run to its end at once
    if (!tasks_.spawn("retrieve missing", prefetch_missing(wanted.number, subscription))) --wanted.looking;
}

awaitable<void> Discoveries::Impl::prefetch_missing(std::uint32_t number, std::string subscription) {
    auto read = [&] { return around_.storage.contents_to_retrieve(subscription, kMissingAtOnce); };
    auto missing = co_await until_stored(around_.clock, read, Patience::endless);
    if (!missing) around_.logger.error("missing documents not read", {{"subscription", subscription}});
    auto const entry = wanted_.find(number);
    if (entry == wanted_.end()) co_return;
    Wanted& wanted = entry->second;
    --wanted.looking;
    if (missing) around_.retrievals.prefetch(wanted.scope, std::move(*missing), wanted.flow);
    forget_when_done(wanted);
}

/// It is kept while documents are retrieved for it, so that they end with the last Subscription.
void Discoveries::Impl::forget_when_done(Wanted& wanted) {
    if (wanted.discovery || wanted.opening || wanted.refresh_due || wanted.looking > 0) return;
    if (wanted.forget_due) return;
    if (around_.retrievals.wanted_by(wanted.flow)) {
        wanted.forget_due = true;
        appointments_.make(
            around_.clock.now() + kForgetAfter, {Appointment::Kind::forget, wanted.number, {}}
        );
    } else {
        forget(wanted.number);
    }
}

void Discoveries::Impl::forget(std::uint32_t number) {
    auto const entry = wanted_.find(number);
    for (auto const& subscription : entry->second.subscriptions) by_subscription_.erase(subscription);
    by_key_.erase(entry->second.key);
    if (--app_load_[entry->second.flow.app] == 0) app_load_.erase(entry->second.flow.app);
    wanted_.erase(entry);
}

awaitable<Result<void>> Discoveries::Impl::resume(subscriptions::Rules rules) {
    std::int64_t after = 0;
    do {
        auto page = co_await around_.storage.live_subscriptions(after, kResumedAtOnce);
        if (!page) co_return page.error();
        for (auto& record : page->records) {
            auto interest = co_await stored_interest(around_, std::move(record), rules);
            if (!interest) co_return interest.error();
            if (*interest) want(std::move(**interest), Reason::resumed);
        }
        after = page->next;
    } while (after != 0);
    std::vector<cache::DiscoveryKey> wanted;
    for (auto const& [number, each] : wanted_) wanted.push_back({each.scope, each.query.key()});
    co_return co_await around_.storage.abandon_other_discoveries(std::move(wanted), around_.clock.utc_now());
}

void Discoveries::Impl::request_open(Wanted& wanted) {
    if (wanted.opening) return;
    wanted.opening = true;
    to_open_.push_back(wanted.number);
    open_next();
}

void Discoveries::Impl::open_next() {
    while (opening_ < kOpenedAtOnce && !to_open_.empty()) {
        auto const number = to_open_.front();
        to_open_.pop_front();
        if (!wanted_.contains(number)) continue;
        ++opening_;
        if (!tasks_.spawn("open", open(number))) return;
    }
}

awaitable<void> Discoveries::Impl::open(std::uint32_t number) {
    cache::OpenDiscovery question;
    Wanted const& asked = wanted_.at(number);
    auto const key = asked.key;
    question.scope = asked.scope;
    question.key = asked.query.key();
    question.id = make_id({asked.scope, "Discovery", random_bytes(16)});
    for (auto const& known : around_.partners) question.partners.push_back(known->id());
    question.reuse = asked.resumed ? kAlways : around_.settings.reuse;
    question.now = around_.clock.utc_now();
    question.again = asked.again;
    auto const answer = co_await around_.storage.open_discovery(std::move(question));
    --opening_;
    if (cancelled_) co_return;  // what is begun now would be ended by nobody
    if (auto const entry = wanted_.find(number); entry != wanted_.end()) {
        if (answer) {
            entry->second.opening = false;
            bool const again = std::exchange(entry->second.again, false);
            entry->second.resumed = false;
            opened(entry->second, *answer, again);
        } else {
            around_.logger.error("discovery not opened", {{"error", answer.error().code().message()}});
            appointments_.make(around_.clock.now() + kReopenAfter, {Appointment::Kind::reopen, number, {}});
        }
    } else if (answer && !by_key_.contains(key)) {
        abandon(key, answer->id);
    }
    open_next();
}

void Discoveries::Impl::opened(Wanted& wanted, cache::OpenedDiscovery const& opened, bool again) {
    if (wanted.discovery && wanted.discovery->id() != opened.id) retire(wanted);
    if (!wanted.discovery) {
        Discovery::Listener listener{
            [this, number = wanted.number] { changed(number); },
            [this, number = wanted.number] { settled(number); }
        };
        Discovery::Identity identity{opened.id, wanted.scope, wanted.query, wanted.flow, again};
        wanted.discovery = std::make_unique<Discovery>(around_, std::move(identity), std::move(listener));
    }
    wanted.discovery->ask(opened.ask);
    wanted.finished = opened.ended;
    if (!wanted.discovery->running()) {
        settled(wanted.number);
        return;
    }
    tell_all(wanted);
    auto const left = opened.started + around_.settings.deadline - around_.clock.utc_now();
    appointments_.make(around_.clock.now() + left, {Appointment::Kind::late, wanted.number, opened.id});
}

void Discoveries::Impl::changed(std::uint32_t number) {
    auto const entry = wanted_.find(number);
    if (entry == wanted_.end()) return;
    Wanted& wanted = entry->second;
    if (wanted.followers.empty() || std::exchange(wanted.progress_due, true)) return;
    auto const next = std::max(around_.clock.now(), wanted.told + around_.settings.progress_interval);
    appointments_.make(next, {Appointment::Kind::progress, number, {}});
}

void Discoveries::Impl::tell_all(Wanted& wanted) {
    wanted.told = around_.clock.now();
    tell(wanted, wanted.followers);
}

void Discoveries::Impl::tell(Wanted const& wanted, std::set<std::string> const& followers) {
    if (followers.empty()) return;
    std::vector<std::string> told(followers.begin(), followers.end());
    (void)tasks_.spawn("progress", teller_.tell(wanted.scope, wanted.discovery->id(), std::move(told)));
}

/// The last Exchange of a Discovery has its outcome: it is kept while it owes, and whoever wants it while it is to be refreshed.
void Discoveries::Impl::settled(std::uint32_t number) {
    auto const entry = wanted_.find(number);
    if (entry == wanted_.end() || entry->second.discovery == nullptr) return;
    Wanted& wanted = entry->second;
    tell_all(wanted);
    if (!wanted.discovery->owes()) retire(wanted);
    auto const refresh = around_.settings.refresh;
    if (refresh.count() > 0 && !std::exchange(wanted.refresh_due, true)) {
        auto const now = around_.clock.utc_now();
        auto const due = wanted.finished.value_or(now) + refresh;
        wanted.finished.reset();
        auto const wait = std::max<Clock::Duration>(due - now, Clock::Duration::zero());
        appointments_.make(around_.clock.now() + wait, {Appointment::Kind::refresh, number, {}});
    }
    forget_when_done(wanted);
}

/// Ends a Discovery without waiting for it; it is destroyed once its coroutines have ended.
void Discoveries::Impl::retire(Wanted& wanted) {
    auto discovery = std::move(wanted.discovery);
    bool const unfinished = discovery->running();
    if (unfinished || discovery->owes()) discovery->cancel();
    if (unfinished) abandon(wanted.key, discovery->id());
    auto* const ending = discovery.get();
    ending_.push_back(std::move(discovery));
    (void)tasks_.spawn("reap", reap(ending));  // closed: stop() does it
}

/// Progress must not say that it runs. Once we stop it is left as it is, and goes on after the start.
void Discoveries::Impl::abandon(std::string key, std::string discovery) {
    (void)tasks_.spawn("abandon", write_abandoned(std::move(key), std::move(discovery)));
}

awaitable<void> Discoveries::Impl::write_abandoned(std::string key, std::string discovery) {
    auto write = [&] { return try_to_abandon(key, discovery); };
    auto const written = co_await until_stored(around_.clock, write, Patience::endless);
    if (!written) around_.logger.error("discovery not ended", {{"discovery", discovery}});
}

/// Where that has to wait, somebody may come to want it again. Errors also: conflict, it is being opened, and may be run again.
awaitable<Result<void>> Discoveries::Impl::try_to_abandon(
    std::string const& key, std::string const& discovery
) {
    if (auto const known = by_key_.find(key); known != by_key_.end()) {
        Wanted const& wanted = wanted_.at(known->second);
        if (wanted.opening) co_return Failure(Errc::conflict);
        if (wanted.discovery && wanted.discovery->id() == discovery) co_return Result<void>();
    }
    co_return co_await around_.storage.abandon_discovery(discovery, around_.clock.utc_now());
}

awaitable<void> Discoveries::Impl::reap(Discovery* discovery) {
    co_await discovery->stop();
    std::erase_if(ending_, [discovery](auto const& ending) { return ending.get() == discovery; });
}

awaitable<void> Discoveries::Impl::keep_appointments() {
    while (true) {
        auto appointment = co_await appointments_.next();
        keep(std::move(appointment));
    }
}

void Discoveries::Impl::keep(Appointment appointment) {
    auto const entry = wanted_.find(appointment.number);
    if (entry == wanted_.end()) return;
    Wanted& wanted = entry->second;
    switch (appointment.kind) {
        case Appointment::Kind::forget:
            wanted.forget_due = false;
            forget_when_done(wanted);
            break;
        case Appointment::Kind::progress:
            wanted.progress_due = false;
            if (wanted.discovery) tell_all(wanted);
            break;
        case Appointment::Kind::refresh:
            wanted.refresh_due = false;
            if (wanted.opening) break;  // settled() appoints the next one after that
            wanted.again = true;
            request_open(wanted);
            break;
        case Appointment::Kind::reopen:
            wanted.opening = false;
            request_open(wanted);
            break;
        case Appointment::Kind::late:
            (void)tasks_.spawn("late", mark_late(std::move(appointment)));
            break;
    }
}

awaitable<void> Discoveries::Impl::mark_late(Appointment appointment) {
    auto const runs = [&] {
        auto const entry = wanted_.find(appointment.number);
        bool const here = entry != wanted_.end() && entry->second.discovery &&
                          entry->second.discovery->id() == appointment.discovery;
        return here && entry->second.discovery->running();
    };
    auto write = [&]() -> awaitable<Result<void>> {
        if (!runs()) co_return Result<void>();
        co_return co_await around_.storage.mark_late(appointment.discovery);
    };
    auto const marked = co_await until_stored(around_.clock, write, Patience::endless);
    if (!marked) around_.logger.error("discovery not marked late", {{"discovery", appointment.discovery}});
    if (runs()) tell_all(wanted_.at(appointment.number));
}

void Discoveries::Impl::cancel() {
    cancelled_ = true;
    for (auto& [number, wanted] : wanted_) {
        if (wanted.discovery) wanted.discovery->cancel();
    }
    tasks_.cancel();
}

awaitable<void> Discoveries::Impl::stop() {
    co_await tasks_.join();
    by_key_.clear();
    by_subscription_.clear();
    while (!wanted_.empty()) {  // taken out first: a last outcome may settle it while we wait
        auto const discovery = std::move(wanted_.begin()->second.discovery);
        wanted_.erase(wanted_.begin());
        if (discovery) co_await discovery->stop();
    }
    for (auto& ending : ending_) co_await ending->stop();
    ending_.clear();
}

Discoveries::Discoveries(Surroundings surroundings, Retrievals& retrievals, DiscoverySettings settings)
    : impl_(std::make_unique<Impl>(DiscoverySurroundings{
          surroundings,
          retrievals,
          settings,
          surroundings.metrics.gauge("tributary_discoveries_running", "Discoveries with an open Exchange")
      })) {}

Discoveries::~Discoveries() = default;

void Discoveries::want(Interest interest) { impl_->want(std::move(interest), Impl::Reason::asked); }
void Discoveries::unwant(std::string const& subscription) { impl_->unwant(subscription); }
awaitable<Result<void>> Discoveries::resume(subscriptions::Rules rules) {
    return impl_->resume(std::move(rules));
}
void Discoveries::cancel() { impl_->cancel(); }
awaitable<void> Discoveries::stop() { return impl_->stop(); }
std::size_t Discoveries::about_to_ask(std::string const& scope, fhir::search::PatientQuery const& query)
    const {
    return impl_->about_to_ask(scope, query);
}
std::size_t Discoveries::running() const { return static_cast<std::size_t>(impl_->around_.running.value()); }

}  // namespace tributary::pipeline
