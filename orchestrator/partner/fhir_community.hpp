#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/partner/authorization.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/fhir_answers.hpp"
#include "orchestrator/partner/paging.hpp"
#include "orchestrator/partner/partner.hpp"

namespace tributary::partner {

/// A community that speaks FHIR R4: PDQm (ITI-78), MHD (ITI-67, ITI-68). Learns and remembers which forms of a search its server refuses.
/// Owner: its Partner. Thread: the loop; bodies above 128 KiB are read on the worker. Source: document-sharing A, B, F.
class FhirCommunity final : public Community {
public:
    FhirCommunity(
        async::Clock& clock,
        net::HttpClient& client,
        async::Worker& worker,
        PartnerSettings settings,
        net::Url base,
        net::TlsContextPtr tls
    );

    awaitable<Result<Candidates>> patients(async::Deadline deadline, fhir::search::PatientQuery query)
        override;
    awaitable<Result<FoundDocuments>> documents(async::Deadline deadline, PatientMatch match, Page page)
        override;
    awaitable<std::vector<Result<RetrievedDocument>>> retrieve(
        async::Deadline deadline, std::vector<DocumentAddress> documents
    ) override;
    awaitable<Result<std::string>> probe(async::Deadline deadline) override;

private:
    /// How much of the status filter the server takes (document-sharing B.1, Policy).
    enum class StatusFilter { current_and_superseded, current, none };
    enum class Handling { strict, lenient };
    enum class Verb { get, post };

    awaitable<Result<net::ClientResponse>> get(
        async::Deadline deadline, net::Url url, std::string accept, std::size_t limit, bool unencoded = false
    );
    awaitable<Result<net::ClientResponse>> send(async::Deadline deadline, net::ClientRequest request);
    awaitable<Result<net::ClientResponse>> search(
        async::Deadline deadline, std::string type, std::string query
    );
    awaitable<Result<net::ClientResponse>> search_once(
        async::Deadline deadline, std::string type, std::string query, Verb verb, Handling handling
    );
    awaitable<Result<net::ClientResponse>> first_documents(async::Deadline deadline, std::string remote_id);
    awaitable<Result<Candidates>> search_patients(async::Deadline deadline, std::string query);
    awaitable<void> follow_replacements(async::Deadline deadline, Candidates& candidates);
    awaitable<Result<fhir::Patient>> read_survivor(async::Deadline deadline, std::string reference);
    awaitable<Result<RetrievedDocument>> retrieve_one(async::Deadline deadline, DocumentAddress document);
    net::ClientRequest request(std::string method, net::Url url, std::size_t limit) const;
    Failure refused(net::ClientResponse const& response) const;
    net::Url below_base(std::string_view rest) const;

    async::Clock& clock_;
    net::HttpClient& client_;
    async::Worker& worker_;
    PartnerSettings settings_;
    LinkPolicy links_;
    net::TlsContextPtr tls_;
    Authorization authorization_;
    StatusFilter status_filter_ = StatusFilter::current_and_superseded;
    Handling handling_ = Handling::strict;
    Verb verb_ = Verb::get;
};

}  // namespace tributary::partner
