#pragma once
#include <optional>
#include <string>
#include <unordered_set>

#include "orchestrator/async/worker.hpp"
#include "orchestrator/partner/fhir_answers.hpp"
#include "orchestrator/partner/fhir_endpoint.hpp"

namespace tributary::partner {

/// Patient Discovery at one partner that speaks FHIR: $match where it is offered, else a search. Every method: Deadline bounds it with all that follows;
/// Cancellation: terminal; Errors: those of Community::patients(). Owner: its FhirCommunity. Thread: the loop. Source: document-sharing A.1, A.2, A.4.
class PatientFinder {
public:
    PatientFinder(FhirEndpoint& endpoint, async::Worker& worker, PartnerSettings const& settings);

    /// Candidates only: whether one is the Patient asked for is decided by fhir::identity.
    awaitable<Result<Candidates>> find(async::Deadline deadline, fhir::search::PatientQuery query);
    /// As the CapabilityStatement says. A $match refused since the last one is tried again.
    void match_offered(bool offered) { match_offered_ = offered; }

private:
    /// An answer with all its pages.
    struct Found {
        Candidates candidates;
        std::string self;  // link of the first page
    };
    using Read = Result<PatientsAnswer> (*)(std::string_view);
    using People = std::unordered_set<std::string>;

    awaitable<Result<Candidates>> match(async::Deadline deadline, std::string body);
    awaitable<Result<Candidates>> search(async::Deadline deadline, fhir::search::PatientQuery query);
    awaitable<Result<Found>> search_for(async::Deadline deadline, std::string demographics);
    awaitable<Result<Found>> read_pages(async::Deadline deadline, net::ClientResponse response, Read read);
    awaitable<void> follow_replacements(async::Deadline deadline, Candidates& candidates);
    awaitable<Result<std::optional<fhir::Patient>>> survivor_of(
        async::Deadline deadline, fhir::Patient patient, People& known
    );
    awaitable<Result<fhir::Patient>> read_survivor(async::Deadline deadline, fhir::Reference survivor);

    FhirEndpoint& endpoint_;
    async::Worker& worker_;
    DiscoveryMethod method_;
    std::size_t page_size_, patients_per_query_, partner_body_;
    bool match_offered_ = false;
};

}  // namespace tributary::partner
