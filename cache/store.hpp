#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"
#include "fhir/identity/acceptance.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::cache {

enum class Access { writer, reader };

struct StoreSettings {
    std::string path = "tributary.db";
    bool full_synchronous = true;
    subscriptions::Rules rules;  ///< to understand stored Subscriptions
    fhir::identity::Acceptance acceptance = fhir::identity::Acceptance::strict;
    std::size_t max_subscriptions = 100000;
    std::size_t max_subscription_versions = 100;  ///< of one Subscription, the present one counted
    std::size_t search_candidates = 100000;  ///< documents, or patients, that one search may have to look at
};

/// The cache in SQLite. Each public method but begin, commit and rollback is one unit of work: atomic within the caller's transaction, values in, values out.
/// Thread: made anywhere, then used by one thread. Errors of every method: storage (full, unreadable, corrupt), with SQLite's reason.
/// "Not there" and the like are values. Source: architecture 6.
class Store {
public:
    /// writer: creates and migrates. Errors: storage with what to do (not writable, a newer database, not a database).
    static Result<std::unique_ptr<Store>> open(StoreSettings const& settings, Access access);
    ~Store();
    Store(Store const&) = delete;
    Store& operator=(Store const&) = delete;

    boost::system::error_code begin();
    boost::system::error_code commit();
    void rollback() noexcept;
    /// Moves the log into the database without waiting for readers; when nothing else is to do.
    void checkpoint() noexcept;

    // Subscriptions
    /// Stores it with Events for every known document it wants. Errors: throttled at max_subscriptions.
    Result<SubscriptionRecord> create_subscription(NewSubscription const& subscription);
    /// The same, unless a Subscription fits already: of two such creates at the same time one finds what the other made.
    Result<ConditionalCreate> create_subscription_unless(
        NewSubscription const& subscription, std::vector<subscriptions::SearchClause> const& clauses
    );
    Result<FoundSubscription> read_subscription(std::string_view scope, std::string_view id);
    /// The latest versions, the present one among them. A deleted Subscription's is its deletion alone.
    Result<SubscriptionVersions> subscription_history(SubscriptionHistoryRequest const& request);
    Result<FoundVersion> subscription_version(
        std::string_view scope, std::string_view id, std::uint64_t version
    );
    /// changed: a new version. Otherwise, or when `from` or `version` does not hold, nothing happens and the record is as it was.
    Result<FoundSubscription> change_status(StatusChange const& change);
    /// A client's update: a new version. Numbered Events stay; newly wanted known documents become Events.
    Result<FoundSubscription> replace_subscription(ReplaceSubscription const& change);
    /// changed: it is gone. deleted or unknown, or at another version: nothing to do.
    Result<FoundSubscription> delete_subscription(
        std::string_view scope, std::string_view id, std::optional<std::uint64_t> version, Utc now
    );
    Result<SubscriptionPage> search_subscriptions(SubscriptionSearch const& search);
    /// Those that are not off, in order of creation, after the given sequence; for the start. `next`: 0 at the end.
    struct LiveSubscriptions {
        std::vector<SubscriptionRecord> records;
        std::int64_t next = 0;
    };
    Result<LiveSubscriptions> live_subscriptions(std::int64_t after, std::size_t limit);
    /// Those whose `end` has come, or that are in error since before `error_before`, become off. Answers their ids.
    Result<std::vector<std::string>> expire_subscriptions(Utc now, Utc error_before);
    /// Those that are off and whose receivers are to be told, some at a time, and one that has been told, or could not be.
    Result<std::vector<std::string>> owed_notices();
    Result<void> settle_notice(std::string_view id);

    /// Whoever has bound by text stays known for it.
    Result<void> mark_bound(std::string_view subscription, BoundBy how);

    // Secrets, at the start
    /// What set_key_check() kept; "" nothing.
    Result<std::string> key_check();
    Result<void> set_key_check(std::string_view check);
    using Rewrite = std::function<std::string(std::string_view id, std::string resource)>;
    /// Every stored Subscription in another form that means the same. Answers how many rows there are.
    Result<std::size_t> rewrite_subscriptions(Rewrite const& rewrite);
    /// Leaves nothing in the files of what was replaced or deleted. Outside of a transaction.
    Result<void> vacuum();

    // Events
    Result<std::vector<EventRecord>> events(
        std::string_view subscription, std::int64_t after, std::int64_t until, std::size_t limit
    );
    /// An attempt that succeeded, for all up to this number. The cursor never goes back.
    Result<void> record_delivery(std::string_view subscription, std::int64_t number, Utc now);
    /// An attempt that failed.
    Result<void> record_failure(std::string_view subscription, std::int64_t number);

    // Discoveries
    /// A query that names our Patients becomes one by their Persons' identifiers and demographics (subscriptions E5). Empty: one of them is unknown.
    Result<std::optional<fhir::search::PatientQuery>> discovery_query(
        std::string_view scope, fhir::search::PatientQuery const& query
    );
    Result<OpenedDiscovery> open_discovery(OpenDiscovery const& discovery);
    /// The last outcome ends the Discovery; a later one for the same partner (an owed Exchange run again) replaces it.
    Result<void> finish_exchange(ExchangeOutcome const& outcome);
    Result<void> mark_late(std::string_view discovery);
    /// It ends unfinished, because nobody wants it any more: what it has not asked counts as failed, until somebody joins it within `reuse`.
    Result<void> abandon_discovery(std::string_view discovery, Utc now);
    /// At start: the unfinished ones but these.
    Result<void> abandon_other_discoveries(std::vector<DiscoveryKey> const& wanted, Utc now);
    Result<Progress> progress(std::string_view scope, std::string_view key);
    /// Of the latest Discovery that accepted a Patient of that Patient's Person.
    Result<Progress> progress_of_patient(std::string_view scope, std::string_view patient_id);
    Result<std::vector<Progress>> recent_discoveries(std::size_t limit);
    /// Events for the Subscriptions that follow a Discovery, where something has changed for them. Answers who was told.
    Result<std::vector<std::string>> tell_progress(ProgressNews const& news);
    /// The latest version of what one of them was told.
    Result<FoundResource> read_progress(std::string_view scope, std::string_view id);

    // What partners answer
    /// Patients, their Persons, and how many matched at that partner. Answers the ids of Subscriptions with new Events, about documents known already.
    Result<std::vector<std::string>> admit_patients(PatientsAnswer const& answer);
    /// Everything about one page: identity verdicts, rows, search index, which Subscriptions want them, numbers, Events.
    Result<Admitted> admit(Answer const& answer);
    /// A deleted entry counts as entered-in-error from now on.
    Result<Admitted> note_absence(AbsentEntry const& absent);
    /// A Body has arrived: points the content to it and settles what waited for its bytes (rows 5, 8, 11 of D.3).
    Result<Admitted> attach_body(AttachedBody const& body);
    Result<void> record_calls(std::vector<CallRow> const& rows);

    // Reads
    Result<Explanation> explain(
        std::string_view scope, std::string_view subscription, std::string_view document
    );
    /// Entries::unseen().
    Result<std::vector<std::string>> unseen_entries(
        std::string_view scope, std::string_view patient, Utc since, std::size_t limit
    );
    Result<ContentRecord> content(std::string_view scope, std::string_view binary_id);
    /// That partner has the content no longer, until its metadata name another place.
    Result<void> mark_gone(std::string_view scope, std::string_view binary_id, std::string_view url);
    /// A Patient as its partner serves it.
    Result<KnownPatient> known_patient(std::string_view scope, std::string_view id);
    /// Contents that have no Body yet, and never had one, at most `limit`, of documents that this live Subscription was told of, or any where it is "".
    Result<std::vector<std::string>> contents_to_retrieve(std::string_view subscription, std::size_t limit);
    Result<ResourcePage> search_documents(DocumentSearchRequest const& request);
    Result<FoundResource> read_document(std::string_view scope, std::string_view id);
    Result<ResourcePage> search_patients(PatientSearchRequest const& request);
    Result<FoundResource> read_patient(std::string_view scope, std::string_view id);

    // Housekeeping, in small slices: answers true while there is more to do.
    struct Retention {
        Utc calls_before, events_before, documents_before;
    };
    Result<bool> purge(Retention const& retention);
    /// Bodies no content points to any more, and those stored longest ago beyond `bytes`: their contents forget them. Answers the digests to remove.
    Result<std::vector<std::string>> release_bodies(std::uint64_t bytes);
    /// Of these digests, those that nothing here mentions.
    Result<std::vector<std::string>> unknown_bodies(std::vector<std::string> const& sha256);
    struct Counts {
        std::int64_t subscriptions = 0, documents = 0, patients = 0, undelivered = 0, change_sequence = 0;
    };
    Result<Counts> counts();

private:
    /// Subscriptions of an earlier version's database. Errors: storage.
    Result<void> index_subscriptions();

    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::cache
