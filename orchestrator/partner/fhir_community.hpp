#pragma once
#include <memory>
#include <string>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/fhir_endpoint.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/partner/patient_finder.hpp"

namespace tributary::partner {

/// A community that speaks FHIR R4: PDQm (ITI-78, ITI-119), MHD (ITI-67, ITI-68).
/// Owner: its Partner. Thread: the loop; bodies above 128 KiB are read on the worker. Source: document-sharing A, B, F.
class FhirCommunity final : public Community {
public:
    FhirCommunity(
        async::Clock& clock,
        net::HttpClient& client,
        async::Worker& worker,
        Metrics& metrics,
        PartnerSettings settings,
        net::Url base,
        net::TlsContextPtr tls,
        RequestTurns& turns
    );

    awaitable<Result<Candidates>> patients(async::Deadline deadline, fhir::search::PatientQuery query)
        override;
    awaitable<Result<FoundDocuments>> documents(async::Deadline deadline, PatientMatch match, Page page)
        override;
    awaitable<Result<fhir::DocumentReference>> document(
        async::Deadline deadline, PatientMatch match, std::string remote_id
    ) override;
    awaitable<std::vector<Result<RetrievedDocument>>> retrieve(
        async::Deadline deadline, std::vector<DocumentAddress> documents
    ) override;
    awaitable<Result<Capabilities>> probe(async::Deadline deadline) override;

private:
    /// How much of the status filter the server takes (document-sharing B.1, Policy).
    enum class StatusFilter { current_and_superseded, current, none };

    awaitable<Result<FoundDocuments>> first_documents(
        async::Deadline deadline, PatientMatch match, std::shared_ptr<PageTrail> trail
    );
    awaitable<Result<FoundDocuments>> read_page(
        Result<net::ClientResponse> response, PatientMatch match, std::shared_ptr<PageTrail> trail
    );
    awaitable<Result<RetrievedDocument>> retrieve_one(async::Deadline deadline, DocumentAddress document);

    async::Worker& worker_;
    PartnerSettings settings_;
    Metrics::Counter& dropped_;
    FhirEndpoint endpoint_;
    PatientFinder finder_;
    StatusFilter status_filter_ = StatusFilter::current_and_superseded;
};

}  // namespace tributary::partner
