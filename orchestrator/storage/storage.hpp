#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "cache/body_store.hpp"
#include "cache/store.hpp"
#include "orchestrator/async/storage_thread.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/storage/body_hold.hpp"
#include "orchestrator/storage/header_secrets.hpp"

namespace tributary::storage {

using async::awaitable;

/// Store and BodyStore as awaitables over four threads: the writer (units of work, group commit), two readers with read-only connections, of which one
/// only searches, so that nothing else waits for a long one, and one for bodies. The same names and contracts as cache::Store. What writes, or decides a write, goes to the writer.
/// Header values of Subscriptions are sealed on their way in and opened on their way out.
/// Owner: app, after the io_context; stop() when no task is left. Thread: the loop.
/// Every method: Deadline: none, at most the queue ahead plus one commit. Cancellation: none once queued. Errors: storage, throttled (queue full), closed.
class Storage {
public:
    struct Settings {
        cache::StoreSettings store;
        std::string bodies_path;  ///< of the BodyStore
        KeyFile secrets = {};
        std::size_t queue_bytes = std::size_t{64} << 20U;
        Logger logger = {};
    };
    /// Blocks: opens and migrates. Errors: storage.
    static Result<std::unique_ptr<Storage>> open(
        boost::asio::any_io_executor loop, Settings settings, Metrics& metrics
    );
    ~Storage();

    awaitable<Result<cache::SubscriptionRecord>> create_subscription(cache::NewSubscription subscription);
    awaitable<Result<cache::ConditionalCreate>> create_subscription_unless(
        cache::NewSubscription subscription, std::vector<subscriptions::SearchClause> clauses
    );
    awaitable<Result<cache::FoundSubscription>> read_subscription(std::string scope, std::string id);
    awaitable<Result<cache::SubscriptionVersions>> subscription_history(
        cache::SubscriptionHistoryRequest request
    );
    awaitable<Result<cache::FoundVersion>> subscription_version(
        std::string scope, std::string id, std::uint64_t version
    );
    awaitable<Result<cache::FoundSubscription>> change_status(cache::StatusChange change);
    awaitable<Result<cache::FoundSubscription>> replace_subscription(cache::ReplaceSubscription change);
    awaitable<Result<cache::FoundSubscription>> delete_subscription(
        std::string scope, std::string id, std::optional<std::uint64_t> version, cache::Utc now
    );
    awaitable<Result<cache::SubscriptionPage>> search_subscriptions(cache::SubscriptionSearch search);
    awaitable<Result<cache::Store::LiveSubscriptions>> live_subscriptions(
        std::int64_t after, std::size_t limit
    );
    awaitable<Result<std::vector<std::string>>> expire_subscriptions(cache::Utc now, cache::Utc error_before);
    awaitable<Result<std::vector<std::string>>> owed_notices();
    awaitable<Result<void>> settle_notice(std::string id);

    awaitable<Result<void>> mark_bound(std::string subscription, cache::BoundBy how);

    awaitable<Result<std::vector<cache::EventRecord>>> events(
        std::string subscription, std::int64_t after, std::int64_t until, std::size_t limit
    );
    awaitable<Result<void>> record_delivery(std::string subscription, std::int64_t number, cache::Utc now);
    awaitable<Result<void>> record_failure(std::string subscription, std::int64_t number);
    awaitable<Result<cache::Explanation>> explain(
        std::string scope, std::string subscription, std::string document
    );

    awaitable<Result<std::optional<fhir::search::PatientQuery>>> discovery_query(
        std::string scope, fhir::search::PatientQuery query
    );
    awaitable<Result<cache::OpenedDiscovery>> open_discovery(cache::OpenDiscovery discovery);
    awaitable<Result<void>> finish_exchange(cache::ExchangeOutcome outcome);
    awaitable<Result<void>> mark_late(std::string discovery);
    awaitable<Result<void>> abandon_discovery(std::string discovery, cache::Utc now);
    awaitable<Result<void>> abandon_other_discoveries(
        std::vector<cache::DiscoveryKey> wanted, cache::Utc now
    );
    awaitable<Result<cache::Progress>> progress(std::string scope, std::string key);
    awaitable<Result<cache::Progress>> progress_of_patient(std::string scope, std::string patient_id);
    awaitable<Result<std::vector<cache::Progress>>> recent_discoveries(std::size_t limit);
    awaitable<Result<std::vector<std::string>>> tell_progress(cache::ProgressNews news);
    awaitable<Result<cache::FoundResource>> read_progress(std::string scope, std::string id);

    awaitable<Result<std::vector<std::string>>> admit_patients(cache::PatientsAnswer answer);
    awaitable<Result<cache::Admitted>> admit(std::shared_ptr<cache::Answer const> answer);
    awaitable<Result<cache::Admitted>> note_absence(cache::AbsentEntry absent);
    awaitable<Result<std::vector<std::string>>> unseen_entries(
        std::string scope, std::string patient, cache::Utc since, std::size_t limit
    );
    awaitable<Result<cache::Admitted>> attach_body(cache::AttachedBody body);
    awaitable<Result<void>> record_calls(std::vector<cache::CallRow> rows);

    awaitable<Result<cache::ContentRecord>> content(std::string scope, std::string binary_id);
    awaitable<Result<void>> mark_gone(std::string scope, std::string binary_id, std::string url);
    awaitable<Result<cache::KnownPatient>> known_patient(std::string scope, std::string id);
    awaitable<Result<std::vector<std::string>>> contents_to_retrieve(
        std::string subscription, std::size_t limit
    );
    /// Errors also: too_costly, as for patients.
    awaitable<Result<cache::ResourcePage>> search_documents(cache::DocumentSearchRequest request);
    awaitable<Result<cache::FoundResource>> read_document(std::string scope, std::string id);
    awaitable<Result<cache::ResourcePage>> search_patients(cache::PatientSearchRequest request);
    awaitable<Result<cache::FoundResource>> read_patient(std::string scope, std::string id);

    awaitable<Result<bool>> purge(cache::Store::Retention retention);
    /// Store::release_bodies, then BodyStore::remove.
    awaitable<Result<void>> trim_bodies(std::uint64_t bytes);
    /// Compares the two files: bytes that no row of the cache mentions go. They stay behind where the program ended, or gave up, between the one file and
    /// the other. In slices, over all Bodies.
    awaitable<Result<void>> drop_unknown_bodies();
    awaitable<Result<cache::Store::Counts>> counts();

    BodyHold hold_body(std::string sha256);
    /// Writes the bytes in slices; returns once the whole Body is durable. Precondition: the caller holds it, until what points to it is stored.
    awaitable<Result<void>> put_body(std::string sha256, std::shared_ptr<std::string const> bytes);
    awaitable<Result<std::optional<std::string>>> get_body(std::string sha256);

    void stop();
    /// Calls that have not resumed yet; for ManualClock::wait_while().
    std::size_t in_flight() const;

private:
    struct Impl;
    explicit Storage(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::storage
