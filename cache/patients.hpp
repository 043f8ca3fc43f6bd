#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/events.hpp"
#include "cache/patient_keys.hpp"
#include "cache/store.hpp"
#include "fhir/resources/patient.hpp"

namespace tributary::cache {

struct PatientRow {
    std::int64_t sequence = 0, person = 0;
    std::string id, partner;
    std::uint64_t version = 1;
    fhir::Patient patient;  ///< as the partner serves it
};
using PatientRows = std::vector<std::shared_ptr<PatientRow const>>;

/// Patients and the Persons they make. Source: architecture 8.
class Patients {
public:
    Patients(Database& database, StoreSettings const& settings, Events& events)
        : database_(database), settings_(settings), events_(events) {}

    struct Named {
        std::vector<std::int64_t> joined;  ///< Persons that took over documents of another one
        std::vector<std::int64_t> fresh;   ///< Patients whom the partner's word now makes acceptable
        std::vector<std::int64_t> united;  ///< Patients known before, as other people than they prove to be
    };
    /// Stores them, finds their Persons.
    Named admit(PatientsAnswer const& answer);

    std::shared_ptr<PatientRow const> find(std::string_view scope, std::string_view id);
    std::shared_ptr<PatientRow const> load(std::int64_t sequence);
    std::vector<std::int64_t> of_person(std::int64_t person);
    /// The ids of all Patients of that Person.
    std::vector<std::string> person_ids(std::int64_t person);
    /// Whom a Subscription means: accepted, named by the partner when it was asked for them, and nobody of a partner where they are several people.
    /// The reference is good until forget(). Source: docs/decisions/0008.
    PatientRows const& accepted(std::string_view scope, subscriptions::Plan const& plan);
    /// Of one whom wants_patient() lets through: is he among accepted()? Looks at no other partner's.
    bool is_accepted(std::string_view scope, subscriptions::Plan const& plan, PatientRow const& patient);
    /// Whom a search means: the same; where nobody has asked the partners this question, whoever is accepted.
    PatientRows found(std::string_view scope, subscriptions::Plan const& plan);

    /// Empty: one of the Patients it names is unknown. Errors: not_supported, they are not one Person.
    Result<std::optional<fhir::search::PatientQuery>> discovery_query(
        std::string_view scope, fhir::search::PatientQuery const& query
    );
    /// Too costly: more candidates than settings allow.
    ResourcePage search(PatientSearchRequest const& request);
    /// Would found() have to look at more Patients than so many?
    bool are_more_than(std::size_t most, std::string_view scope, fhir::search::PatientQuery const& query);
    FoundResource read(std::string_view scope, std::string_view id);

    /// What was loaded may have changed: at the start of a unit of work.
    void forget();

    /// Is a document about these subjects none of this Patient's, by whatever name the Person is known? One with several belongs to each of them; beside
    /// a stranger, who says next to nothing vouches for nobody. Source: document-sharing I.4, rule 6; docs/decisions/0006.
    bool are_others(std::vector<fhir::Patient> const& subjects, PatientRow const& patient);

private:
    /// What a partner has answered to a question, the running Discovery's answer included.
    struct Word {
        bool ambiguous = false;      ///< the last time, it knew several whom that may mean
        std::int64_t discovery = 0;  ///< in which it named somebody the last time; 0: never
        std::size_t matched = 0;     ///< how many it named then
    };
    Word last_word(std::string_view scope, std::string_view key, std::string_view partner);
    /// Is he one of those named then?
    bool is_among(Word const& word, std::int64_t patient);
    /// Has the partner named somebody else, and no record of his Person? It has merged or corrected its records: he is no longer meant.
    bool is_passed_over(Word const& word, PatientRow const& patient);

    void add_demographics(std::int64_t person, fhir::search::PatientQuery& query);
    /// What an answer does to Persons.
    struct Changes {
        std::vector<std::int64_t> stored;  ///< Patients that were not known before
        std::vector<std::int64_t> joined;  ///< as Named says
        std::vector<std::int64_t> united;  ///< Persons that took over a Patient known before
    };
    std::int64_t store(PatientsAnswer const& answer, NewPatient const& fresh, Changes& changes);
    void find_person(
        PatientsAnswer const& answer, NewPatient const& fresh, std::int64_t sequence, Changes& changes
    );
    /// What else their partner has of the same Persons, them included.
    std::vector<std::int64_t> records_of(std::vector<std::int64_t> const& patients);
    bool may_be_one(std::int64_t a, std::int64_t b, fhir::identity::Kinship why);
    /// Answers the Person they all are now.
    std::int64_t join(std::vector<std::int64_t> persons, Changes& changes);
    bool matches(std::vector<fhir::search::Parameter> const& parameters, PatientRow const& row);
    bool is_judged(fhir::search::PatientQuery const& query) const;
    /// Accepted by what they say.
    PatientRows evaluate(std::string_view scope, subscriptions::Plan const& plan);
    /// Leaves nobody of a partner where they are several people.
    static void drop_several(PatientRows& patients);
    bool is_named(std::string_view scope, std::string_view key, Word const& word, PatientRow const& patient);
    bool is_named_by(std::string_view scope, std::string_view key, std::int64_t patient);
    bool is_one_of_several(
        std::string_view scope, subscriptions::Plan const& plan, Word const& word, PatientRow const& patient
    );

    Database& database_;
    StoreSettings const& settings_;
    Events& events_;
    PatientKeys keys_{database_};
    std::unordered_map<std::int64_t, std::shared_ptr<PatientRow const>> loaded_;
    std::map<std::string, PatientRows, std::less<>> accepted_;  ///< by scope and key of the query
    std::map<std::string, bool, std::less<>> is_accepted_;      ///< by Patient, scope and key
};

}  // namespace tributary::cache
