#pragma once
#include <string>
#include <string_view>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/partner/authorization.hpp"
#include "orchestrator/partner/paging.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/partner/request_turns.hpp"

namespace tributary::partner {

inline constexpr char kFhirJson[] = "application/fhir+json";

/// The FHIR service of one partner: requests below its base, with its headers, trust and limits. Learns and remembers which forms of a search it refuses.
/// An answer that is not ready (202) is asked for again where it says it will be, within the deadline.
/// Every request, also one to which a redirect leads, takes a turn of the partner's rate. Deadline bounds the call. Cancellation: terminal. Errors: as
/// net::HttpClient and RequestTurns; any status is a value but 202, which is an http_status: still not ready. Owner: its FhirCommunity. Thread: the loop. Source: document-sharing F, B.3, G.
class FhirEndpoint {
public:
    FhirEndpoint(
        async::Clock& clock,
        net::HttpClient& client,
        PartnerSettings const& settings,
        net::Url base,
        net::TlsContextPtr tls,
        RequestTurns& turns
    );

    /// `limit`: of the body. `unencoded`: no content-coding is asked for.
    awaitable<Result<net::ClientResponse>> get(
        async::Deadline deadline, net::Url url, std::string accept, std::size_t limit, bool unencoded = false
    );
    /// The forms of a search in turn, the one that worked last first: a verb answered with 405 and a refused handling=strict are left for the other.
    awaitable<Result<net::ClientResponse>> search(
        async::Deadline deadline, std::string type, std::string query
    );
    /// An operation: FHIR JSON to `path` below the base.
    awaitable<Result<net::ClientResponse>> post(async::Deadline deadline, std::string path, std::string body);

    /// What an answer that is no success means, with its status and what it asks to wait.
    Failure refused(net::ClientResponse const& response) const;
    net::Url below_base(std::string_view rest) const;
    LinkPolicy const& links() const { return links_; }

private:
    enum class Handling { strict, lenient };
    enum class Verb { get, post };

    awaitable<Result<net::ClientResponse>> send(async::Deadline deadline, net::ClientRequest request);
    awaitable<Result<net::ClientResponse>> send_once(async::Deadline deadline, net::ClientRequest request);
    awaitable<Result<net::ClientResponse>> when_ready(
        async::Deadline deadline, net::ClientRequest poll, net::ClientResponse accepted
    );
    awaitable<Result<net::ClientResponse>> search_once(
        async::Deadline deadline, std::string type, std::string query, Verb verb, Handling handling
    );
    net::ClientRequest request(std::string method, net::Url url, std::size_t limit) const;

    async::Clock& clock_;
    net::HttpClient& client_;
    std::chrono::milliseconds connect_timeout_;
    std::size_t partner_body_;
    LinkPolicy links_;
    net::TlsContextPtr tls_;
    Authorization authorization_;
    RequestTurns& turns_;
    Handling handling_ = Handling::strict;
    Verb verb_ = Verb::get;
};

}  // namespace tributary::partner
