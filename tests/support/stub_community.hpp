#pragma once
#include <vector>

#include "orchestrator/partner/community.hpp"

namespace tributary::partner {

/// A community that knows nobody and has nothing; a test overrides the one call it is about.
class StubCommunity : public Community {
public:
    boost::asio::awaitable<Result<Candidates>> patients(async::Deadline, fhir::search::PatientQuery)
        override {
        co_return Candidates();
    }
    boost::asio::awaitable<Result<FoundDocuments>> documents(async::Deadline, PatientMatch, Page) override {
        co_return FoundDocuments();
    }
    boost::asio::awaitable<Result<fhir::DocumentReference>> document(
        async::Deadline, PatientMatch, std::string
    ) override {
        co_return Failure(Errc::http_status).with_status(404);
    }
    boost::asio::awaitable<std::vector<Result<RetrievedDocument>>>
    retrieve(async::Deadline, std::vector<DocumentAddress>) override {
        co_return std::vector<Result<RetrievedDocument>>();
    }
    boost::asio::awaitable<Result<Capabilities>> probe(async::Deadline) override { co_return Capabilities(); }
};

}  // namespace tributary::partner
