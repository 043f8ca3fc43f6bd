#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"
#include "fhir/search/patient_query.hpp"
#include "orchestrator/async/deadline.hpp"

namespace tributary::partner {

using boost::asio::awaitable;

/// A Patient that a partner returned and that was accepted, as the partner names it.
struct PatientMatch {
    std::string remote_id;   ///< logical id at the partner
    std::string patient_id;  ///< ours
    std::shared_ptr<fhir::Patient const> patient = {
    };  ///< as the partner returned it: what a subject without literal reference is compared with
};

struct Candidates {
    std::vector<fhir::Patient> patients;  ///< replaced-by followed to the survivor
    std::size_t bytes = 0;
    bool partial =
        false;  ///< an outcome beside them says that part is missing, or a bound cut the answer short
};

/// What the guards of paging remember between the pages of one query (document-sharing F.1). Shared by the Steps of the query.
struct PageTrail {
    std::unordered_set<std::string> urls, contents;
    std::size_t pages = 0, entries = 0;
    bool filter_proven = false;  ///< the partner said that it looked for our Patient only
};
/// The first page (url empty) or a further one.
struct Page {
    std::string url;
    std::shared_ptr<PageTrail> trail;
};
struct FoundDocuments {
    std::vector<fhir::DocumentReference> entries;  ///< of the Patient asked for; others were dropped
    std::optional<Page> next;
    std::size_t bytes = 0;
    std::size_t dropped = 0;  ///< entries of another subject
    bool partial = false;     ///< a guard or a refused link cut the answer short
};

/// One content to retrieve, as its DocumentReference names it.
struct DocumentAddress {
    std::string url;  ///< absolute, or relative to the partner's base
    std::string content_type;
    std::string sha1, sha256;  ///< raw digest of the metadata, "" none
    std::optional<std::uint64_t> size;
    bool unencoded = false;  ///< ask for no content-coding: after a digest that did not match
};
struct RetrievedDocument {
    std::string bytes;
    std::string content_type;
    std::size_t wire_bytes = 0;
};

/// What a partner's CapabilityStatement says.
struct Capabilities {
    std::string software;          ///< "HAPI FHIR Server 8.8.0"
    std::string fhir_version;      ///< "4.0.1"; "" not said
    bool offers_match = false;     ///< Patient/$match (ITI-119)
    bool lacks_documents = false;  ///< it lists what it serves, and DocumentReference is not there
};

/// What a partner speaks. Every method: Deadline bounds the whole call. Cancellation: terminal, within 100 ms. Errors: timeout, connect, dns, tls, protocol,
/// http_status (with status and Retry-After), too_large, forbidden, refused_address. Owner: its Partner. Thread: the loop.
class Community {
public:
    virtual ~Community() = default;
    /// PD. Source: ITI-78, ITI-119.
    virtual awaitable<Result<Candidates>> patients(
        async::Deadline deadline, fhir::search::PatientQuery query
    ) = 0;
    /// QD, one page. Source: ITI-67.
    virtual awaitable<Result<FoundDocuments>> documents(
        async::Deadline deadline, PatientMatch match, Page page
    ) = 0;
    /// One DocumentReference by the partner's id for it, whatever its status. Errors besides: not_found (that id is about another subject).
    /// Source: document-sharing B.1.
    virtual awaitable<Result<fhir::DocumentReference>> document(
        async::Deadline deadline, PatientMatch match, std::string remote_id
    ) = 0;
    /// RD, one answer a document, in the order asked for. Source: ITI-68.
    virtual awaitable<std::vector<Result<RetrievedDocument>>> retrieve(
        async::Deadline deadline, std::vector<DocumentAddress> documents
    ) = 0;
    /// Reads its CapabilityStatement and keeps what follows for patients(): with `discovery = "auto"`, $match where it is offered.
    virtual awaitable<Result<Capabilities>> probe(async::Deadline deadline) = 0;
};

}  // namespace tributary::partner
