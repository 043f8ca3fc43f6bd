#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/identity/document_identity.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"
#include "fhir/search/patient_query.hpp"
#include "subscriptions/notification.hpp"
#include "subscriptions/subscription.hpp"
#include "subscriptions/subscription_search.hpp"

namespace tributary::cache {

using Utc = std::chrono::system_clock::time_point;

// Subscriptions -------------------------------------------------------------------------------------------------------

struct NewSubscription {
    std::string id, scope;
    std::string
        origin;  ///< who is served in turn (architecture 5): origin of the endpoint, or the peer's address
    std::string resource;  ///< stored form, JSON
    subscriptions::Status status = subscriptions::Status::requested;
    Utc now;
};
/// How sockets were bound to a Subscription so far.
enum class BoundBy { nobody, dialect, text };
struct SubscriptionRecord {
    std::string id, scope, origin;
    std::uint64_t version = 1;
    Utc last_updated;
    subscriptions::Status status = subscriptions::Status::requested;
    std::string error_code, error_text;  ///< of subscription-error; "" none
    std::optional<Utc> error_since;
    std::string resource;  ///< stored form, JSON, with header values: only outward_subscription() may show it
    std::int64_t events = 0;     ///< the highest event number so far
    std::int64_t delivered = 0;  ///< the highest number delivered
    bool accepted = false;       ///< its receiver took the latest handshake, or needs none
    bool notice = false;         ///< off, and its receiver is to be told
    BoundBy bound_by = BoundBy::nobody;
};
/// A create that is to happen only where no Subscription fits.
struct ConditionalCreate {
    std::size_t matches = 0;    ///< Subscriptions that fit: with any, nothing is created
    SubscriptionRecord record;  ///< the new one, or the one that fits
};
enum class Presence { found, deleted, unknown };
struct FoundSubscription {
    Presence presence = Presence::unknown;
    SubscriptionRecord record;  ///< meaningful when found
    bool changed = false;       ///< by a write: not where its conditions (`from`, `version`) did not hold
};
/// One version as it was shown, header values masked.
struct SubscriptionVersion {
    std::uint64_t version = 1;
    Utc last_updated;
    std::string resource;  ///< outward JSON; "": with this version it was deleted
};
struct SubscriptionHistoryRequest {
    std::string scope, id;
    Utc since;  ///< versions made then or later
    std::size_t count = 50, offset = 0;
};
struct SubscriptionVersions {
    Presence presence = Presence::unknown;
    std::vector<SubscriptionVersion> versions;  ///< newest first
    std::size_t total = 0;
};
struct FoundVersion {
    Presence presence = Presence::unknown;  ///< of the Subscription
    std::optional<SubscriptionVersion> version;
};
struct StatusChange {
    std::string id;
    subscriptions::Status status = subscriptions::Status::active;
    std::string error_code, error_text;
    Utc now;
    /// Only from one of these (a server's change that lost a race with the app's must not undo it); empty: from any.
    std::vector<subscriptions::Status> from = {};
    std::optional<std::uint64_t> version = {};  ///< only at this one
    bool told = false;                          ///< the receiver knows that it is off: no notice
    std::int64_t failed_event =
        0;  ///< the Event whose attempt failed: counted whatever comes of the change; 0: none
};
/// A client's update.
struct ReplaceSubscription {
    std::string scope, id;
    std::string resource;                         ///< stored form, JSON
    std::optional<subscriptions::Status> status;  ///< empty: status and error stay, and nothing new is wanted
    std::optional<std::uint64_t> version;         ///< only at this one
    Utc now;
};
struct SubscriptionSearch {
    std::string scope;
    std::vector<subscriptions::SearchClause> clauses;  ///< all have to hold
    std::size_t count = 50, offset = 0;
};
struct SubscriptionPage {
    std::vector<SubscriptionRecord> records;  ///< in order of creation
    std::size_t total = 0;
};

// Events --------------------------------------------------------------------------------------------------------------

struct EventRecord {
    std::int64_t number = 0;
    subscriptions::EventKind kind = subscriptions::EventKind::create;
    Utc at;
    std::string focus_type, focus_id;
    std::uint64_t focus_version = 1;
    std::string resource;  ///< outward JSON of that very version, Binary URLs relative
    std::string patient_id,
        patient;  ///< whom it is about, as he was then: our id and outward JSON; "" not known
};

// Discoveries ---------------------------------------------------------------------------------------------------------

struct OpenDiscovery {
    std::string scope, key;  ///< PatientQuery::key()
    std::string id;          ///< used if a new one is made
    std::vector<std::string> partners;
    std::chrono::milliseconds reuse{0};
    Utc now;
    bool again = false;  ///< a refresh: a new run whatever `reuse` says
};
struct OpenedDiscovery {
    std::string id;
    bool joined = false;  ///< an earlier one that is unfinished or still answers
    std::vector<std::string>
        ask;  ///< partners whose Exchange is to be run now: all, or the unfinished and the owed
    Utc started;
    std::optional<Utc> ended;  ///< a finished run that answers as it is
};
/// Which question a Discovery answers.
struct DiscoveryKey {
    std::string scope, key;  ///< PatientQuery::key()
};
enum class ExchangeState { pending, answered, failed };
struct ExchangeOutcome {
    std::string discovery, partner;
    ExchangeState state = ExchangeState::answered;
    std::string
        issue;  ///< timeout, throttled, transient, forbidden, exception, multiple-matches, incomplete; "" none
    bool owed = false;  ///< failed for a reason that may pass
    Utc now;
};
struct PartnerIssue {
    std::string partner, issue;
};
enum class DiscoveryState { none, running, late, complete };
struct Progress {
    DiscoveryState state = DiscoveryState::none;
    std::size_t asked = 0, answered = 0, matched = 0, failed = 0, pending = 0;
    std::vector<PartnerIssue> issues;
    std::string discovery;  ///< id
    Utc started;
    std::optional<Utc> ended;
};

/// How a partner stands in a Discovery. slow: still asked after the Discovery's deadline.
enum class PartnerState { asked, matched, no_match, failed, slow };
struct PartnerProgress {
    std::string partner;
    PartnerState state = PartnerState::asked;
    std::size_t matches = 0;  ///< its Patients that were accepted
    std::string issue;        ///< as of PartnerIssue, "" none
};
/// What Events about progress are about: resources of this type.
inline constexpr char kProgressFocus[] = "Basic";
struct ProgressFollower {
    std::string subscription;
    std::string id;  ///< of the Basic that tells it of this Discovery
};
struct ProgressNews {
    std::string scope, discovery;
    std::vector<ProgressFollower> followers;
    Utc now;
};

// What partners answer ------------------------------------------------------------------------------------------------

struct NewPatient {
    std::string id;  ///< ours
    fhir::Patient patient;
};
struct PatientsAnswer {
    std::string discovery, scope, partner;
    std::vector<NewPatient> patients;  ///< accepted, one person
    Utc now;
};
struct InlineBody {
    std::size_t content = 0;                ///< index into DocumentReference.content
    fhir::identity::BodyIdentity identity;  ///< the bytes are in the BodyStore already
    std::uint64_t size = 0;
    std::string media_type = {};               ///< as the bytes tell, "" unknown
    std::vector<fhir::Patient> subjects = {};  ///< whom the bytes say they are about
    bool hash_mismatch = false;  ///< taken although the metadata's digest, or else size, is another
};
struct NewEntry {
    std::string id;                       ///< ours, should it be a Document's first holder
    std::vector<std::string> binary_ids;  ///< ours, one a content
    fhir::DocumentReference document;
    std::vector<InlineBody> inline_bodies;
};
struct Answer {
    std::string discovery, scope, partner, home_community_id;
    std::string patient_id;  ///< ours; the Patient whose documents these are
    std::vector<NewEntry> entries;
    Utc now;
    std::size_t size = 0;           ///< bytes of the page, for the queue's bound
    bool retrieve_missing = false;  ///< also what is known of already and has never been retrieved
};
/// New Events of an active Subscription all of whose earlier ones are delivered: they can be sent as they are.
struct FreshEvents {
    SubscriptionRecord subscription;  ///< as it is with these Events, without its resource
    std::shared_ptr<subscriptions::Plan const> plan;
    std::vector<EventRecord> events;
};
struct Admitted {
    std::vector<std::string> subscriptions;  ///< with new Events, each once
    std::vector<FreshEvents> fresh;          ///< of some of them
    std::vector<std::string>
        to_retrieve;              ///< binary ids without a Body: of fresh Documents and of provisional copies
    std::size_t documents = 0;    ///< fresh Documents
    std::size_t conflicts = 0;    ///< Documents that turned out to share a uniqueId with another one
    std::size_t cycles = 0;       ///< relations ignored because they lead back to where they come from
    std::size_t moved = 0;        ///< entries that their partner has given to another patient
    std::size_t quarantined = 0;  ///< contents whose bytes speak of somebody else: not kept
    bool outdated = false;        ///< the content has changed since its bytes were asked for: not kept
};

/// An Event about one Document, and what became of it.
struct ExplainedEvent {
    std::int64_t number = 0;
    subscriptions::EventKind kind = subscriptions::EventKind::create;
    Utc at;
    std::uint64_t version = 0;  ///< of the Document
    std::optional<Utc> delivered_at;
    unsigned attempts = 0;  ///< until it was delivered
};
/// Why a Subscription has no Event about a Document.
enum class NotTold {
    other_patient,   ///< none of its patients is accepted for the criteria
    filtered,        ///< the filters do not let it through
    off,             ///< the Subscription is off
    before,          ///< it matches now; at the time it did not, or the Subscription did not look back
    not_understood,  ///< the criteria cannot be read any more
};
struct Explanation {
    Presence subscription = Presence::unknown, document = Presence::unknown;
    subscriptions::Status status = subscriptions::Status::off;
    std::int64_t delivered = 0;  ///< the Subscription's highest delivered number
    std::vector<ExplainedEvent> events;
    std::optional<NotTold> why_not;  ///< where there are none
};

/// An entry that its partner's search does not list any more, and what the partner says of its id.
struct AbsentEntry {
    std::string scope, partner, remote_id;
    bool deleted = false;  ///< else it may only be hidden from us, and stays
    Utc now;
};

// Bodies --------------------------------------------------------------------------------------------------------------

/// One place where a content can be retrieved.
struct Holder {
    std::string binary_id;  ///< of this partner's own entry
    std::string partner, url, content_type, hash;
    std::optional<std::uint64_t> size;
    std::string entry;      ///< the partner's id of the DocumentReference
    std::string patient;    ///< our id of the Patient whose it is
    std::string unique_id;  ///< K1, "" none
};
struct ContentRecord {
    Presence presence =
        Presence::unknown;  ///< deleted: not here, and gone at every holder, in any media type
    std::string binary_id, content_type;
    std::string url, hash;  ///< as its own metadata say
    std::string document_id;
    std::string sha256;           ///< of the Body, "" not retrieved yet
    std::uint64_t size = 0;       ///< of the Body
    std::vector<Holder> holders;  ///< who may still have it, the entry's own partner first
    bool otherwise = false;       ///< the document is here, or held, in another media type
};
struct AttachedBody {
    std::string binary_id;
    std::string url,
        hash;  ///< of the content when it was asked for: where they are others now, the bytes are not its own
    fhir::identity::BodyIdentity identity;
    std::uint64_t size = 0;
    Utc now;
    std::string media_type = {};               ///< as the bytes tell, "" unknown
    std::vector<fhir::Patient> subjects = {};  ///< whom the bytes say they are about
    bool hash_mismatch = false;  ///< taken although the metadata's digest, or else size, is another
};
struct KnownPatient {
    Presence presence = Presence::unknown;
    fhir::Patient patient;  ///< as its partner serves it
};

// Search --------------------------------------------------------------------------------------------------------------

enum class SortKey { sequence, date, last_updated };
struct DocumentSearchRequest {
    std::string scope;
    fhir::search::DocumentSearch search;
    SortKey sort = SortKey::sequence;
    bool descending = false;
    std::size_t count = 50, offset = 0;
};
struct PatientSearchRequest {
    std::string scope;
    fhir::search::PatientQuery query;
    std::size_t count = 50, offset = 0;
};
struct StoredResource {
    std::string id;
    std::uint64_t version = 1;
    Utc last_updated;
    std::string resource;  ///< outward JSON, Binary URLs relative
};
struct ResourcePage {
    std::vector<StoredResource> resources;
    std::size_t total = 0;
    bool too_costly = false;  ///< more to look at than StoreSettings::search_candidates: nothing was
};
struct FoundResource {
    Presence presence = Presence::unknown;
    StoredResource resource;
};

// Calls ---------------------------------------------------------------------------------------------------------------

struct CallRow {
    std::string discovery, partner, step;  ///< patient_discovery, query_documents, retrieve_document
    Utc started;
    std::chrono::microseconds queued{0}, took{0};
    std::string outcome;  ///< ok, or the name of an Errc
    unsigned attempt = 0;
    bool cut_off = false;  ///< ended by our deadline
    std::uint64_t bytes = 0;
};

}  // namespace tributary::cache
