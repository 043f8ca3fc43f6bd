#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/events.hpp"
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

/// The Patients a query is about: accepted, and nothing of a partner where they are several people.
struct Accepted {
    PatientRows patients;
    std::vector<std::string> ambiguous;  ///< partners
};

/// Patients and the Persons they make. Source: architecture 8.
class Patients {
public:
    Patients(Database& database, StoreSettings const& settings, Events& events)
        : database_(database), settings_(settings), events_(events) {}

    /// Stores them, finds their Persons. Answers the Persons that took over documents of another one.
    std::vector<std::int64_t> admit(PatientsAnswer const& answer);

    std::shared_ptr<PatientRow const> find(std::string_view scope, std::string_view id);
    std::shared_ptr<PatientRow const> load(std::int64_t sequence);
    std::vector<std::int64_t> of_person(std::int64_t person);
    /// The ids of all Patients of that Person.
    std::vector<std::string> person_ids(std::int64_t person);
    /// Whom the plan means. The reference is good until forget().
    Accepted const& accepted(std::string_view scope, subscriptions::Plan const& plan);

    /// Empty: one of the Patients it names is unknown. Errors: not_supported, they are not one Person.
    Result<std::optional<fhir::search::PatientQuery>> discovery_query(
        std::string_view scope, fhir::search::PatientQuery const& query
    );
    ResourcePage search(PatientSearchRequest const& request);
    FoundResource read(std::string_view scope, std::string_view id);

    /// What was loaded may have changed: at the start of a unit of work.
    void forget();

private:
    void add_demographics(std::int64_t person, fhir::search::PatientQuery& query);
    std::int64_t store(PatientsAnswer const& answer, NewPatient const& fresh);
    void store_keys(
        std::string_view scope, std::string_view partner, std::int64_t sequence, NewPatient const& fresh
    );
    void find_person(
        PatientsAnswer const& answer,
        NewPatient const& fresh,
        std::int64_t sequence,
        std::vector<std::int64_t>& joined
    );
    bool may_be_one(std::int64_t a, std::int64_t b, fhir::identity::Kinship why);
    /// Answers the Person they all are now. `joined`: those that took over documents of another one.
    std::int64_t join(std::vector<std::int64_t> persons, std::vector<std::int64_t>& joined);
    std::vector<std::int64_t> candidates(std::string_view scope, std::vector<std::string> const& keys);
    Accepted evaluate(std::string_view scope, subscriptions::Plan const& plan);

    Database& database_;
    StoreSettings const& settings_;
    Events& events_;
    std::unordered_map<std::int64_t, std::shared_ptr<PatientRow const>> loaded_;
    std::map<std::string, Accepted, std::less<>> accepted_;  ///< by scope and key of the query
};

}  // namespace tributary::cache
