#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/documents.hpp"
#include "cache/patients.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::cache {

/// What has happened to a Document.
enum class News {
    fresh,           ///< it became known
    another_holder,  ///< it can be seen under one more Patient
    restored,        ///< it is no longer entered in error
    status_changed,
    changed  ///< something else than its status
};

/// A Subscription that has a new Event.
struct Told {
    std::int64_t subscription = 0;  ///< its sequence
    std::string id;
    std::shared_ptr<subscriptions::Plan const> plan;
    std::int64_t number = 0;  ///< of the Event
};

/// Which Subscriptions want a document, and the Events that tell them. Source: architecture 6; subscriptions A5, B10, F1, F2.
class Interest {
public:
    Interest(Database& database, StoreSettings const& settings, Patients& patients, Events& events)
        : database_(database), settings_(settings), patients_(patients), events_(events) {}

    /// Makes the Events of those that want it. `patients`: under whose names it is known.
    std::vector<Told> announce(
        News news,
        DocumentRow const& document,
        fhir::DocumentReference const& outward,
        std::vector<std::int64_t> const& patients,
        Utc now
    );
    /// Tells one Subscription of every known document that it wants.
    void catch_up(
        std::int64_t subscription,
        std::string_view scope,
        subscriptions::Plan const& plan,
        Documents& documents,
        Utc now
    );

    /// A partner has named Patients when it was asked for somebody, or some prove to be one person: who waited for that is told of what is known of
    /// them already. Answers the ids of the Subscriptions told.
    std::vector<std::string> tell_known(
        std::string_view scope, Patients::Named const& named, Documents& documents, Utc now
    );

    /// At the start of a unit of work; plans stay, they belong to a version.
    void forget() { candidates_.clear(); }
    /// A rollback may give a version another content.
    void forget_plans() { plans_.clear(); }

private:
    struct Candidate {
        std::int64_t sequence = 0;
        std::string id;
        std::shared_ptr<subscriptions::Plan const> plan;
    };
    struct KeptPlan {
        std::int64_t version = 0;
        std::shared_ptr<subscriptions::Plan const> plan;
    };

    /// Of a known Document, if it was not told of it before and wants it.
    bool tell(
        std::int64_t subscription,
        subscriptions::Plan const& plan,
        std::int64_t document,
        Documents& documents,
        Utc now
    );
    /// What is known under this Patient's name.
    std::vector<std::int64_t> documents_of(std::int64_t patient);
    /// Subscriptions that accept the Patient, in order of creation.
    std::vector<Candidate> const& candidates(PatientRow const& patient, std::string_view scope);
    std::shared_ptr<subscriptions::Plan const> plan(std::int64_t subscription, std::int64_t version);
    std::optional<subscriptions::EventKind> kind_of(
        News news, Candidate const& candidate, DocumentRow const& document
    );
    std::vector<Candidate> wanting(
        News news,
        DocumentRow const& document,
        fhir::DocumentReference const& outward,
        std::vector<std::int64_t> const& patients
    );

    Database& database_;
    StoreSettings const& settings_;
    Patients& patients_;
    Events& events_;
    std::unordered_map<std::int64_t, std::vector<Candidate>>
        candidates_;                                    ///< by Patient, within one unit of work
    std::unordered_map<std::int64_t, KeptPlan> plans_;  ///< at most kMostPlans
};

}  // namespace tributary::cache
