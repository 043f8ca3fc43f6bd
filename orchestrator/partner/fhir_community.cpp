#include "orchestrator/partner/fhir_community.hpp"

#include "orchestrator/partner/read_body.hpp"

namespace tributary::partner {

using async::Deadline;

namespace {

bool is_refusal(unsigned status) { return status == 400 || status == 422 || status == 501; }

}  // namespace

FhirCommunity::FhirCommunity(
    async::Clock& clock,
    net::HttpClient& client,
    async::Worker& worker,
    Metrics& metrics,
    PartnerSettings settings,
    net::Url base,
    net::TlsContextPtr tls,
    RequestTurns& turns
)
    : worker_(worker),
      settings_(std::move(settings)),
      dropped_(metrics.counter(
          "tributary_entries_dropped_total",
          "Entries of partners about another patient than was asked for",
          {{"partner", settings_.id}}
      )),
      endpoint_(clock, client, settings_, std::move(base), std::move(tls), turns),
      finder_(endpoint_, worker, settings_) {}

awaitable<Result<Candidates>> FhirCommunity::patients(Deadline deadline, fhir::search::PatientQuery query) {
    return finder_.find(deadline, std::move(query));
}

awaitable<Result<FoundDocuments>> FhirCommunity::documents(Deadline deadline, PatientMatch match, Page page) {
    auto const trail = page.trail ? page.trail : std::make_shared<PageTrail>();
    if (page.url.empty()) co_return co_await first_documents(deadline, std::move(match), trail);
    auto url = net::parse_url(page.url);
    if (!url) co_return url.error();
    auto response = co_await endpoint_.get(deadline, std::move(*url), kFhirJson, settings_.partner_body);
    co_return co_await read_page(std::move(response), std::move(match), trail);
}

awaitable<Result<FoundDocuments>> FhirCommunity::first_documents(
    Deadline deadline, PatientMatch match, std::shared_ptr<PageTrail> trail
) {
    auto const patient = "patient=" + net::percent_encode(match.remote_id);
    auto const count = "&_count=" + std::to_string(settings_.page_size);
    for (auto filter = status_filter_;; filter = static_cast<StatusFilter>(static_cast<int>(filter) + 1)) {
        auto const status = filter == StatusFilter::current_and_superseded ? "&status=current,superseded"
                            : filter == StatusFilter::current              ? "&status=current"
                                                                           : "";
        auto response = co_await endpoint_.search(deadline, "DocumentReference", patient + status + count);
        auto found = co_await read_page(std::move(response), match, trail);
        if (found) status_filter_ = filter;
        bool const refused = found.has_error() && is_refusal(found.error().http_status());
        if (!refused || filter == StatusFilter::none) co_return found;
    }
}

awaitable<Result<FoundDocuments>> FhirCommunity::read_page(
    Result<net::ClientResponse> response, PatientMatch match, std::shared_ptr<PageTrail> trail
) {
    if (!response) co_return response.error();
    if (!response->success()) co_return endpoint_.refused(*response);
    auto const url = response->final_url;
    FoundDocuments found;
    found.bytes = response->wire_bytes;
    DocumentsQuestion question;
    question.match = std::move(match);
    question.base = endpoint_.links().base.text();
    question.entries_per_page = settings_.entries_per_page;
    question.filter_proven = trail->filter_proven;
    auto read = [question = std::move(question)](std::string const& body) {
        return read_documents(body, question);
    };
    auto answer = co_await read_body(worker_, std::move(response->body), std::move(read));
    if (!answer) co_return answer.error();
    trail->filter_proven = answer->filter_proven;
    auto next = next_page(endpoint_.links(), trail, url, answer->page);
    found.entries = std::move(answer->entries);
    found.next = std::move(next.page);
    found.dropped = answer->dropped;
    dropped_.add(static_cast<double>(found.dropped));
    found.partial = answer->partial || next.cut_short;
    co_return found;
}

awaitable<Result<fhir::DocumentReference>> FhirCommunity::document(
    Deadline deadline, PatientMatch match, std::string remote_id
) {
    auto url = endpoint_.below_base("DocumentReference/" + net::percent_encode(remote_id));
    auto response = co_await endpoint_.get(deadline, std::move(url), kFhirJson, settings_.partner_body);
    if (!response) co_return response.error();
    if (!response->success()) co_return endpoint_.refused(*response);
    DocumentsQuestion question;
    question.match = std::move(match);
    question.base = endpoint_.links().base.text();
    auto read = [question = std::move(question), remote_id = std::move(remote_id)](std::string const& body) {
        return read_document(body, question, remote_id);
    };
    co_return co_await read_body(worker_, std::move(response->body), std::move(read));
}

awaitable<std::vector<Result<RetrievedDocument>>> FhirCommunity::retrieve(
    Deadline deadline, std::vector<DocumentAddress> documents
) {
    std::vector<Result<RetrievedDocument>> retrieved;
    for (auto& document : documents) {
        auto one = co_await retrieve_one(deadline, std::move(document));
        retrieved.push_back(std::move(one));
    }
    co_return retrieved;
}

awaitable<Result<RetrievedDocument>> FhirCommunity::retrieve_one(
    Deadline deadline, DocumentAddress document
) {
    auto url = net::resolve(endpoint_.links().base, document.url);
    if (document.url.empty() || document.url.starts_with('#') || !url) {
        co_return Failure(Errc::not_found, "the attachment has no URL that can be retrieved");
    }
    if (!is_allowed(endpoint_.links(), *url))
        co_return Failure(Errc::refused_address, "an attachment outside allowed_origins");
    auto accept = document.content_type.empty() ? std::string("*/*") : document.content_type + ", */*;q=0.1";
    auto response = co_await endpoint_.get(
        deadline, *url, std::move(accept), settings_.document_body, document.unencoded
    );
    if (response && response->status == 406) {
        response = co_await endpoint_.get(deadline, *url, "*/*", settings_.document_body, document.unencoded);
    }
    if (!response) co_return response.error();
    if (!response->success()) co_return endpoint_.refused(*response);
    RetrievedDocument retrieved;
    retrieved.content_type = response->headers.get("Content-Type");
    retrieved.wire_bytes = response->wire_bytes;
    retrieved.bytes = std::move(response->body);
    co_return retrieved;
}

awaitable<Result<Capabilities>> FhirCommunity::probe(Deadline deadline) {
    auto url = endpoint_.below_base("metadata");
    auto response = co_await endpoint_.get(deadline, std::move(url), kFhirJson, settings_.partner_body);
    if (!response) co_return response.error();
    if (!response->success()) co_return endpoint_.refused(*response);
    auto said = co_await read_body(worker_, std::move(response->body), &read_capabilities);
    if (said) finder_.match_offered(said->offers_match);
    co_return said;
}

}  // namespace tributary::partner
