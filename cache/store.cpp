#include "cache/store.hpp"

#include <optional>
#include <type_traits>

#include "cache/admission.hpp"
#include "cache/contents.hpp"
#include "cache/discoveries.hpp"
#include "cache/document_search.hpp"
#include "cache/explanation.hpp"
#include "cache/file_lock.hpp"
#include "cache/housekeeping.hpp"
#include "cache/progress_notices.hpp"
#include "cache/schema.hpp"
#include "cache/statements.hpp"
#include "cache/subscription_table.hpp"

namespace tributary::cache {

namespace {

constexpr std::int64_t kIdleLog =
    std::int64_t{1} << 20U;  // small, so that what comes next waits for a few milliseconds at most
constexpr std::int64_t kMostLog = std::int64_t{16} << 20U;

template <class T>
struct IsResult : std::false_type {};
template <class T>
struct IsResult<Result<T>> : std::true_type {};

}  // namespace

/// The rooms of the Store over one connection.
struct Store::Impl {
    Impl(StoreSettings const& given, std::optional<FileLock> sole, std::unique_ptr<Database> connection)
        : settings(given), lock(std::move(sole)), owner(std::move(connection)), database(*owner) {}

    /// Runs one unit of work. What failed in the Database meanwhile is its outcome, whatever it made of that.
    template <class Work>
    auto unit(Work work) {
        using Value = std::invoke_result_t<Work&>;
        using Outcome = std::conditional_t<IsResult<Value>::value, Value, Result<Value>>;
        database.take_failure();
        patients.forget();
        interest.forget();
        events.forget();
        if constexpr (std::is_void_v<Value>) {
            work();
            events.flush();
            if (auto failure = database.take_failure()) return Outcome(std::move(*failure));
            return Outcome();
        } else {
            Outcome outcome(work());
            events.flush();
            if (auto failure = database.take_failure()) return Outcome(std::move(*failure));
            return outcome;
        }
    }
    Admission admission(Utc now) { return {{patients, entries, documents, interest, handover}, now}; }

    StoreSettings settings;
    std::optional<FileLock> lock;  // of the writer; outlives its connection
    std::unique_ptr<Database> owner;
    Database& database;
    Events events{database};
    Patients patients{database, settings, events};
    Entries entries{database};
    Documents documents{database, settings, events};
    Interest interest{database, settings, patients, events};
    Handover handover{database, events};
    SubscriptionTable subscriptions{database, settings, interest, documents, events};
    Discoveries discoveries{database};
    ProgressNotices progress_notices{database, settings, discoveries, events};
    Contents contents{database};
    DocumentQueries queries{database, settings, patients};
    Housekeeping housekeeping{database};
    Explanations explanations{database, settings, patients, documents};
};

Result<std::unique_ptr<Store>> Store::open(StoreSettings const& settings, Access access) {
    std::optional<FileLock> lock;
    if (access == Access::writer) {
        auto taken = FileLock::take(settings.path);
        if (!taken) return taken.error();
        lock.emplace(std::move(*taken));
    }
    auto database = access == Access::writer
                        ? open_for_writing(settings.path, cache_file(), settings.full_synchronous)
                        : open_for_reading(settings.path);
    if (!database) return database.error();
    std::unique_ptr<Store> store(
        new Store(std::make_unique<Impl>(settings, std::move(lock), std::move(*database)))
    );
    // Else whoever is first after a start waits for each of them.
    if (auto prepared = store->impl_->database.prepare(all_statements()); !prepared) return prepared.error();
    if (access == Access::writer) {
        if (auto const indexed = store->index_subscriptions(); !indexed) return indexed.error();
    }
    return store;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

boost::system::error_code Store::begin() { return impl_->database.begin(); }

boost::system::error_code Store::commit() {
    auto const code = impl_->database.commit();
    if (!code && impl_->database.log_bytes() > kMostLog)
        impl_->database.checkpoint();  // never idle: bound the log all the same
    return code;
}

void Store::rollback() noexcept {
    impl_->database.rollback();
    impl_->interest.forget_plans();
}

void Store::checkpoint() noexcept {
    if (impl_->database.log_bytes() > kIdleLog) impl_->database.checkpoint();
}

Result<SubscriptionRecord> Store::create_subscription(NewSubscription const& subscription) {
    return impl_->unit([&] { return impl_->subscriptions.create(subscription); });
}
Result<ConditionalCreate> Store::create_subscription_unless(
    NewSubscription const& subscription, std::vector<subscriptions::SearchClause> const& clauses
) {
    return impl_->unit([&] { return impl_->subscriptions.create_unless(subscription, clauses); });
}
Result<void> Store::index_subscriptions() {
    for (bool more = true; more;) {
        if (auto const code = begin()) return Failure(Errc::storage, code.message());
        auto const indexed = impl_->unit([&] { return impl_->subscriptions.index_some(); });
        if (!indexed) {
            rollback();
            return indexed.error();
        }
        if (auto const code = commit()) return Failure(Errc::storage, code.message());
        more = *indexed;
    }
    return {};
}
Result<FoundSubscription> Store::read_subscription(std::string_view scope, std::string_view id) {
    return impl_->unit([&] { return impl_->subscriptions.read(scope, id); });
}
Result<SubscriptionVersions> Store::subscription_history(SubscriptionHistoryRequest const& request) {
    return impl_->unit([&] { return impl_->subscriptions.history(request); });
}
Result<FoundVersion> Store::subscription_version(
    std::string_view scope, std::string_view id, std::uint64_t version
) {
    return impl_->unit([&] { return impl_->subscriptions.version(scope, id, version); });
}
Result<FoundSubscription> Store::change_status(StatusChange const& change) {
    return impl_->unit([&] { return impl_->subscriptions.change_status(change); });
}
Result<FoundSubscription> Store::replace_subscription(ReplaceSubscription const& change) {
    return impl_->unit([&] { return impl_->subscriptions.replace(change); });
}
Result<FoundSubscription> Store::delete_subscription(
    std::string_view scope, std::string_view id, std::optional<std::uint64_t> version, Utc now
) {
    return impl_->unit([&] { return impl_->subscriptions.remove(scope, id, version, now); });
}
Result<SubscriptionPage> Store::search_subscriptions(SubscriptionSearch const& search) {
    return impl_->unit([&] { return impl_->subscriptions.search(search); });
}
Result<std::vector<std::string>> Store::owed_notices() {
    return impl_->unit([&] { return impl_->subscriptions.owed_notices(); });
}
Result<void> Store::settle_notice(std::string_view id) {
    return impl_->unit([&] { impl_->subscriptions.settle_notice(id); });
}
Result<Store::LiveSubscriptions> Store::live_subscriptions(std::int64_t after, std::size_t limit) {
    return impl_->unit([&] { return impl_->subscriptions.live(after, limit); });
}
Result<std::vector<std::string>> Store::expire_subscriptions(Utc now, Utc error_before) {
    return impl_->unit([&] { return impl_->subscriptions.expire(now, error_before); });
}

Result<void> Store::mark_bound(std::string_view subscription, BoundBy how) {
    return impl_->unit([&] { impl_->subscriptions.mark_bound(subscription, how); });
}
Result<std::string> Store::key_check() {
    return impl_->unit([&] { return impl_->subscriptions.key_check(); });
}
Result<void> Store::set_key_check(std::string_view check) {
    return impl_->unit([&] { impl_->subscriptions.set_key_check(check); });
}
Result<std::size_t> Store::rewrite_subscriptions(Rewrite const& rewrite) {
    return impl_->unit([&] { return impl_->subscriptions.rewrite(rewrite); });
}
Result<void> Store::vacuum() { return impl_->database.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"); }

Result<std::vector<EventRecord>> Store::events(
    std::string_view subscription, std::int64_t after, std::int64_t until, std::size_t limit
) {
    return impl_->unit([&] { return impl_->events.list(subscription, after, until, limit); });
}
Result<void> Store::record_delivery(std::string_view subscription, std::int64_t number, Utc now) {
    return impl_->unit([&] { impl_->events.record_delivery(subscription, number, now); });
}
Result<void> Store::record_failure(std::string_view subscription, std::int64_t number) {
    return impl_->unit([&] { impl_->events.record_failure(subscription, number); });
}
Result<Explanation> Store::explain(
    std::string_view scope, std::string_view subscription, std::string_view document
) {
    return impl_->unit([&] { return impl_->explanations.explain(scope, subscription, document); });
}

Result<std::optional<fhir::search::PatientQuery>> Store::discovery_query(
    std::string_view scope, fhir::search::PatientQuery const& query
) {
    return impl_->unit([&] { return impl_->patients.discovery_query(scope, query); });
}
Result<OpenedDiscovery> Store::open_discovery(OpenDiscovery const& discovery) {
    return impl_->unit([&] { return impl_->discoveries.open(discovery); });
}
Result<void> Store::finish_exchange(ExchangeOutcome const& outcome) {
    return impl_->unit([&] { impl_->discoveries.finish(outcome); });
}
Result<void> Store::mark_late(std::string_view discovery) {
    return impl_->unit([&] { impl_->discoveries.mark_late(discovery); });
}
Result<void> Store::abandon_discovery(std::string_view discovery, Utc now) {
    return impl_->unit([&] { impl_->discoveries.abandon(discovery, now); });
}
Result<void> Store::abandon_other_discoveries(std::vector<DiscoveryKey> const& wanted, Utc now) {
    return impl_->unit([&] { impl_->discoveries.abandon_others(wanted, now); });
}
Result<Progress> Store::progress(std::string_view scope, std::string_view key) {
    return impl_->unit([&] { return impl_->discoveries.progress(scope, key); });
}
Result<Progress> Store::progress_of_patient(std::string_view scope, std::string_view patient_id) {
    return impl_->unit([&] {
        auto const patient = impl_->patients.find(scope, patient_id);
        return patient ? impl_->discoveries.of_patients(impl_->patients.of_person(patient->person))
                       : Progress();
    });
}
Result<std::vector<Progress>> Store::recent_discoveries(std::size_t limit) {
    return impl_->unit([&] { return impl_->discoveries.recent(limit); });
}

Result<std::vector<std::string>> Store::tell_progress(ProgressNews const& news) {
    return impl_->unit([&] { return impl_->progress_notices.tell(news); });
}
Result<FoundResource> Store::read_progress(std::string_view scope, std::string_view id) {
    return impl_->unit([&] { return impl_->progress_notices.read(scope, id); });
}

Result<std::vector<std::string>> Store::admit_patients(PatientsAnswer const& answer) {
    return impl_->unit([&] {
        auto const named = impl_->patients.admit(answer);
        auto admission = impl_->admission(answer.now);
        for (auto const person : named.joined) admission.join(person);
        return impl_->interest.tell_known(answer.scope, named, impl_->documents, answer.now);
    });
}
Result<Admitted> Store::admit(Answer const& answer) {
    return impl_->unit([&]() -> Result<Admitted> {
        auto const patient = impl_->patients.find(answer.scope, answer.patient_id);
        if (!patient) return Failure(Errc::not_found, "the Patient whose documents these are is not known");
        auto admission = impl_->admission(answer.now);
        admission.admit(answer, *patient);
        return std::move(admission).result();
    });
}
Result<Admitted> Store::note_absence(AbsentEntry const& absent) {
    return impl_->unit([&] {
        auto admission = impl_->admission(absent.now);
        admission.note_absence(absent);
        return std::move(admission).result();
    });
}
Result<std::vector<std::string>> Store::unseen_entries(
    std::string_view scope, std::string_view patient, Utc since, std::size_t limit
) {
    return impl_->unit([&] { return impl_->entries.unseen(scope, patient, since, limit); });
}
Result<Admitted> Store::attach_body(AttachedBody const& body) {
    return impl_->unit([&] {
        auto admission = impl_->admission(body.now);
        admission.attach(body);
        return std::move(admission).result();
    });
}
Result<void> Store::record_calls(std::vector<CallRow> const& rows) {
    return impl_->unit([&] { impl_->housekeeping.record_calls(rows); });
}

Result<ContentRecord> Store::content(std::string_view scope, std::string_view binary_id) {
    return impl_->unit([&] { return impl_->contents.find(scope, binary_id); });
}
Result<void> Store::mark_gone(std::string_view scope, std::string_view binary_id, std::string_view url) {
    return impl_->unit([&] { impl_->entries.mark_gone(scope, binary_id, url); });
}
Result<KnownPatient> Store::known_patient(std::string_view scope, std::string_view id) {
    return impl_->unit([&] {
        auto const row = impl_->patients.find(scope, id);
        return row ? KnownPatient{Presence::found, row->patient} : KnownPatient();
    });
}
Result<std::vector<std::string>> Store::contents_to_retrieve(
    std::string_view subscription, std::size_t limit
) {
    return impl_->unit([&] { return impl_->contents.to_retrieve(subscription, limit); });
}
Result<ResourcePage> Store::search_documents(DocumentSearchRequest const& request) {
    return impl_->unit([&] { return impl_->queries.search(request); });
}
Result<FoundResource> Store::read_document(std::string_view scope, std::string_view id) {
    return impl_->unit([&] { return impl_->documents.read(scope, id); });
}
Result<ResourcePage> Store::search_patients(PatientSearchRequest const& request) {
    return impl_->unit([&] { return impl_->patients.search(request); });
}
Result<FoundResource> Store::read_patient(std::string_view scope, std::string_view id) {
    return impl_->unit([&] { return impl_->patients.read(scope, id); });
}

Result<bool> Store::purge(Retention const& retention) {
    return impl_->unit([&] { return impl_->housekeeping.purge(retention); });
}
Result<std::vector<std::string>> Store::release_bodies(std::uint64_t bytes) {
    return impl_->unit([&] { return impl_->contents.release(bytes); });
}
Result<std::vector<std::string>> Store::unknown_bodies(std::vector<std::string> const& sha256) {
    return impl_->unit([&] { return impl_->contents.unknown(sha256); });
}
Result<Store::Counts> Store::counts() {
    return impl_->unit([&] { return impl_->housekeeping.counts(); });
}

}  // namespace tributary::cache
