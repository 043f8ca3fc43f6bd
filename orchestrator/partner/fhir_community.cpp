#include "orchestrator/partner/fhir_community.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "fhir/json/reader.hpp"

namespace tributary::partner {

using async::Deadline;

namespace {

constexpr std::size_t kParsedInline = 128 * 1024;
constexpr std::size_t kPatientPages = 5;
constexpr std::size_t kPatientsPerPage = 50;
constexpr std::size_t kDocumentsPerPage = 50;
constexpr int kReplacementDepth = 5;
constexpr char kFhirJson[] = "application/fhir+json";

/// Runs `read(body)`, on the worker when the body is large.
template <class Read>
auto read_body(async::Worker& worker, std::string body, Read read)
    -> awaitable<std::invoke_result_t<Read const&, std::string const&>> {
    auto const bytes = body.size();
    if (bytes <= kParsedInline) co_return read(body);
    auto work = [body = std::move(body), read = std::move(read)] { return read(body); };
    co_return co_await worker.execute(std::move(work), bytes);
}

bool is_refusal(unsigned status) { return status == 400 || status == 422; }

/// Azure's own hint comes in milliseconds; where there are two, the longer counts.
std::chrono::seconds wait_asked_for(
    net::ClientResponse const& response, std::chrono::system_clock::time_point now
) {
    auto const wait = response.retry_after(now);
    auto const text = response.headers.get("x-ms-retry-after-ms");
    std::int64_t milliseconds = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), milliseconds).ec != std::errc()) return wait;
    auto const hint = std::chrono::ceil<std::chrono::seconds>(std::chrono::milliseconds(milliseconds));
    return std::clamp<std::chrono::seconds>(
        hint, wait, std::max<std::chrono::seconds>(wait, std::chrono::hours(1))
    );
}

/// The pair that every supplier must honour (ITI-78), of a longer query; "" where it is not in it.
std::string guaranteed_pair(fhir::search::PatientQuery const& query) {
    fhir::search::PatientQuery pair;
    for (auto const& parameter : query.parameters) {
        if (parameter.name == "family" || parameter.name == "birthdate") pair.parameters.push_back(parameter);
    }
    if (pair.parameters.size() < 2 || pair.parameters.size() == query.parameters.size()) return {};
    return pair.demographics();
}

std::vector<std::string> origins(LinkPolicy const& policy) {
    auto allowed = policy.allowed_origins;
    allowed.push_back(policy.base.origin());
    return allowed;
}

fhir::PatientLink const* replacement(fhir::Patient const& patient) {
    auto const it =
        std::find_if(patient.links.begin(), patient.links.end(), [](fhir::PatientLink const& link) {
            return link.type == "replaced-by" && !link.other.reference.empty();
        });
    return it == patient.links.end() ? nullptr : &*it;
}

}  // namespace

FhirCommunity::FhirCommunity(
    async::Clock& clock,
    net::HttpClient& client,
    async::Worker& worker,
    PartnerSettings settings,
    net::Url base,
    net::TlsContextPtr tls
)
    : clock_(clock),
      client_(client),
      worker_(worker),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      authorization_(settings_.headers) {
    links_.base = std::move(base);
    links_.allowed_origins = settings_.allowed_origins;
    links_.pages_per_query = settings_.pages_per_query;
    links_.entries_per_query = settings_.entries_per_page * settings_.pages_per_query;
}

net::Url FhirCommunity::below_base(std::string_view rest) const {
    auto url = links_.base;
    while (url.target.ends_with('/')) url.target.pop_back();
    url.target.append("/").append(rest);
    return url;
}

net::ClientRequest FhirCommunity::request(std::string method, net::Url url, std::size_t limit) const {
    net::ClientRequest made;
    made.method = std::move(method);
    made.url = std::move(url);
    made.tls = tls_;
    made.body_limit = limit;
    made.connect_timeout = settings_.connect_timeout;
    made.follow_redirects = true;
    made.redirect_origins = origins(links_);
    return made;
}

awaitable<Result<net::ClientResponse>> FhirCommunity::send(Deadline deadline, net::ClientRequest request) {
    if (is_own(links_, request.url)) {
        auto headers = co_await authorization_.authorize(deadline);
        if (!headers) co_return headers.error();
        for (auto const& [name, value] : *headers) request.headers.set(name, value);
    }
    co_return co_await client_.send(deadline, std::move(request));
}

awaitable<Result<net::ClientResponse>> FhirCommunity::get(
    Deadline deadline, net::Url url, std::string accept, std::size_t limit, bool unencoded
) {
    auto made = request("GET", std::move(url), limit);
    made.headers.add("Accept", std::move(accept));
    made.headers.add(
        "Cache-Control", "no-cache"
    );  // else a server may answer with an old result (HAPI's search cache)
    made.accept_gzip = !unencoded;
    co_return co_await send(deadline, std::move(made));
}

awaitable<Result<net::ClientResponse>> FhirCommunity::search_once(
    Deadline deadline, std::string type, std::string query, Verb verb, Handling handling
) {
    auto const path = verb == Verb::get ? type + "?" + query : type + "/_search";
    auto made = request(verb == Verb::get ? "GET" : "POST", below_base(path), settings_.partner_body);
    made.headers.add("Accept", kFhirJson);
    made.headers.add("Cache-Control", "no-cache");
    made.headers.add("Prefer", handling == Handling::strict ? "handling=strict" : "handling=lenient");
    if (verb == Verb::post) {
        made.headers.add("Content-Type", "application/x-www-form-urlencoded");
        made.body = std::move(query);
    }
    co_return co_await send(deadline, std::move(made));
}

/// The forms of a search in turn, the one that worked last first: a verb answered with 405 and a refused handling=strict are left for the other.
awaitable<Result<net::ClientResponse>> FhirCommunity::search(
    Deadline deadline, std::string type, std::string query
) {
    auto verb = verb_;
    auto handling = handling_;
    auto response = co_await search_once(deadline, type, query, verb, handling);
    if (response && response->status == 405) {
        verb = verb == Verb::get ? Verb::post : Verb::get;
        response = co_await search_once(deadline, type, query, verb, handling);
    }
    if (response && response->status == 400 && handling == Handling::strict) {
        handling = Handling::lenient;
        response = co_await search_once(deadline, type, query, verb, handling);
    }
    if (response && response->success()) {
        verb_ = verb;
        handling_ = handling;
    }
    co_return response;
}

Failure FhirCommunity::refused(net::ClientResponse const& response) const {
    auto const status = response.status;
    auto const errc = status == 401 || status == 403 ? Errc::forbidden : Errc::http_status;
    return Failure(errc, "HTTP " + std::to_string(status))
        .with_status(status, wait_asked_for(response, clock_.utc_now()));
}

awaitable<Result<Candidates>> FhirCommunity::patients(Deadline deadline, fhir::search::PatientQuery query) {
    auto const all = query.demographics();
    if (all.empty()) co_return Candidates();
    auto candidates = co_await search_patients(deadline, all);
    if (!candidates && is_refusal(candidates.error().http_status())) {
        auto const pair = guaranteed_pair(query);
        if (!pair.empty()) candidates = co_await search_patients(deadline, pair);
    }
    if (candidates) co_await follow_replacements(deadline, *candidates);
    co_return candidates;
}

awaitable<Result<Candidates>> FhirCommunity::search_patients(Deadline deadline, std::string query) {
    Candidates found;
    auto policy = links_;
    policy.pages_per_query = kPatientPages;
    auto const trail = std::make_shared<PageTrail>();
    auto response =
        co_await search(deadline, "Patient", query + "&_count=" + std::to_string(kPatientsPerPage));
    while (true) {
        if (!response) co_return response.error();
        if (response->status == 404 && says_domain_unknown(response->body)) co_return found;
        if (!response->success()) co_return refused(*response);
        auto const url = response->final_url;
        found.bytes += response->wire_bytes;
        auto answer = co_await read_body(worker_, std::move(response->body), &read_patients);
        if (!answer) co_return answer.error();
        std::move(answer->patients.begin(), answer->patients.end(), std::back_inserter(found.patients));
        auto const next = next_page(policy, trail, url, answer->page);
        found.partial = found.partial || answer->partial || next.cut_short;
        if (!next.page) co_return found;
        auto next_url = net::parse_url(next.page->url);
        if (!next_url) co_return next_url.error();
        response = co_await get(deadline, std::move(*next_url), kFhirJson, settings_.partner_body);
    }
}

/// Puts the survivor in the place of each Patient that was replaced; one that cannot be read leaves the answer partial.
awaitable<void> FhirCommunity::follow_replacements(Deadline deadline, Candidates& candidates) {
    std::unordered_set<std::string> known;
    for (auto const& patient : candidates.patients) known.insert(patient.id);
    std::vector<fhir::Patient> kept;
    for (auto& found : candidates.patients) {
        auto patient = std::move(found);
        bool keep = true;
        for (int depth = 0; keep && replacement(patient) != nullptr; ++depth) {
            auto reference = replacement(patient)->other.reference;
            keep =
                depth < kReplacementDepth && known.insert(std::string(fhir::reference_id(reference))).second;
            if (!keep) break;  // the survivor is among the candidates, or the chain turns in a circle
            auto survivor = co_await read_survivor(deadline, std::move(reference));
            keep = survivor.has_value();
            if (keep) {
                patient = std::move(*survivor);
            } else {
                candidates.partial = true;
            }
        }
        if (keep) kept.push_back(std::move(patient));
    }
    candidates.patients = std::move(kept);
}

awaitable<Result<fhir::Patient>> FhirCommunity::read_survivor(Deadline deadline, std::string reference) {
    auto url = net::resolve(links_.base, reference);
    if (!url) co_return url.error();
    if (fhir::reference_type(reference) != "Patient" || !is_own(links_, *url))
        co_return Failure(Errc::refused_address);
    auto response = co_await get(deadline, std::move(*url), kFhirJson, settings_.partner_body);
    if (!response) co_return response.error();
    if (!response->success()) co_return refused(*response);
    auto resource = fhir::json::read(response->body);
    if (!resource) co_return resource.error();
    co_return fhir::read_patient(std::move(*resource));
}

awaitable<Result<net::ClientResponse>> FhirCommunity::first_documents(
    Deadline deadline, std::string remote_id
) {
    auto const patient = "patient=" + net::percent_encode(remote_id);
    auto const count = "&_count=" + std::to_string(kDocumentsPerPage);
    for (auto filter = status_filter_;; filter = static_cast<StatusFilter>(static_cast<int>(filter) + 1)) {
        auto const status = filter == StatusFilter::current_and_superseded ? "&status=current,superseded"
                            : filter == StatusFilter::current              ? "&status=current"
                                                                           : "";
        auto response = co_await search(deadline, "DocumentReference", patient + status + count);
        if (response && response->success()) status_filter_ = filter;
        if (!response || !is_refusal(response->status) || filter == StatusFilter::none) co_return response;
    }
}

awaitable<Result<FoundDocuments>> FhirCommunity::documents(Deadline deadline, PatientMatch match, Page page) {
    auto const trail = page.trail ? page.trail : std::make_shared<PageTrail>();
    Result<net::ClientResponse> response = Failure(Errc::bug);
    if (page.url.empty()) {
        response = co_await first_documents(deadline, match.remote_id);
    } else {
        auto url = net::parse_url(page.url);
        if (!url) co_return url.error();
        response = co_await get(deadline, std::move(*url), kFhirJson, settings_.partner_body);
    }
    if (!response) co_return response.error();
    if (!response->success()) co_return refused(*response);
    auto const url = response->final_url;
    FoundDocuments found;
    found.bytes = response->wire_bytes;
    DocumentsQuestion question;
    question.match = std::move(match);
    question.base = links_.base.text();
    question.entries_per_page = settings_.entries_per_page;
    question.filter_proven = trail->filter_proven;
    auto read = [question = std::move(question)](std::string const& body) {
        return read_documents(body, question);
    };
    auto answer = co_await read_body(worker_, std::move(response->body), std::move(read));
    if (!answer) co_return answer.error();
    trail->filter_proven = answer->filter_proven;
    auto next = next_page(links_, trail, url, answer->page);
    found.entries = std::move(answer->entries);
    found.next = std::move(next.page);
    found.dropped = answer->dropped;
    found.partial = answer->partial || next.cut_short;
    co_return found;
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
    auto url = net::resolve(links_.base, document.url);
    if (document.url.empty() || document.url.starts_with('#') || !url) {
        co_return Failure(Errc::not_found, "the attachment has no URL that can be retrieved");
    }
    if (!is_allowed(links_, *url))
        co_return Failure(Errc::refused_address, "an attachment outside allowed_origins");
    auto accept = document.content_type.empty() ? std::string("*/*") : document.content_type + ", */*;q=0.1";
    auto response =
        co_await get(deadline, *url, std::move(accept), settings_.document_body, document.unencoded);
    if (response && response->status == 406) {
        response = co_await get(deadline, *url, "*/*", settings_.document_body, document.unencoded);
    }
    if (!response) co_return response.error();
    if (!response->success() || response->status == 202) co_return refused(*response);
    RetrievedDocument retrieved;
    retrieved.content_type = response->headers.get("Content-Type");
    retrieved.wire_bytes = response->wire_bytes;
    retrieved.bytes = std::move(response->body);
    co_return retrieved;
}

awaitable<Result<std::string>> FhirCommunity::probe(Deadline deadline) {
    auto response = co_await get(deadline, below_base("metadata"), kFhirJson, settings_.partner_body);
    if (!response) co_return response.error();
    if (!response->success()) co_return refused(*response);
    co_return co_await read_body(worker_, std::move(response->body), &read_software);
}

}  // namespace tributary::partner
