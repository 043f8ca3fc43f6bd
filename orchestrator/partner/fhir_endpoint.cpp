#include "orchestrator/partner/fhir_endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace tributary::partner {

using async::Deadline;

namespace {

constexpr unsigned kAccepted = 202, kNotFound = 404, kGone = 410, kTooMany = 429, kUnavailable = 503;
constexpr std::size_t kMostPolls = 60;
constexpr std::chrono::milliseconds kFirstPoll{250}, kSlowestPoll{8000};

/// Says nothing yet about the answer that is waited for.
bool poll_again(unsigned status) {
    return status == kAccepted || status == kTooMany || status == kUnavailable;
}

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

std::vector<std::string> origins(LinkPolicy const& policy) {
    auto allowed = policy.allowed_origins;
    allowed.push_back(policy.base.origin());
    return allowed;
}

}  // namespace

FhirEndpoint::FhirEndpoint(
    async::Clock& clock,
    net::HttpClient& client,
    PartnerSettings const& settings,
    net::Url base,
    net::TlsContextPtr tls,
    RequestTurns& turns
)
    : clock_(clock),
      client_(client),
      connect_timeout_(settings.connect_timeout),
      partner_body_(settings.partner_body),
      tls_(std::move(tls)),
      authorization_(settings.headers),
      turns_(turns) {
    links_.base = std::move(base);
    links_.allowed_origins = settings.allowed_origins;
    links_.pages_per_query = settings.pages_per_query;
    links_.entries_per_query = settings.entries_per_page * settings.pages_per_query;
}

net::Url FhirEndpoint::below_base(std::string_view rest) const {
    auto url = links_.base;
    while (url.target.ends_with('/')) url.target.pop_back();
    url.target.append("/").append(rest);
    return url;
}

net::ClientRequest FhirEndpoint::request(std::string method, net::Url url, std::size_t limit) const {
    net::ClientRequest made;
    made.method = std::move(method);
    made.url = std::move(url);
    made.tls = tls_;
    made.body_limit = limit;
    made.connect_timeout = connect_timeout_;
    made.follow_redirects = true;
    made.redirect_origins = origins(links_);
    made.before_redirect = [this](Deadline deadline) { return turns_.take(deadline); };
    return made;
}

awaitable<Result<net::ClientResponse>> FhirEndpoint::send(Deadline deadline, net::ClientRequest request) {
    auto accept = std::string(request.headers.get("Accept"));
    auto const limit = request.body_limit;
    auto const accept_gzip = request.accept_gzip;
    auto response = co_await send_once(deadline, std::move(request));
    if (!response || response->status != kAccepted) co_return response;
    auto poll = this->request("GET", response->final_url, limit);
    poll.headers.add("Accept", std::move(accept));
    poll.accept_gzip = accept_gzip;
    co_return co_await when_ready(deadline, std::move(poll), std::move(*response));
}

/// The answer behind the Content-Location of `accepted`. One that is nowhere, or takes longer than the deadline allows, stays owed with what the partner
/// asks to wait; so does one that the partner has forgotten: its 404 says nothing about what was asked for.
awaitable<Result<net::ClientResponse>> FhirEndpoint::when_ready(
    Deadline deadline, net::ClientRequest poll, net::ClientResponse accepted
) {
    auto const not_ready = refused(accepted);
    auto const url = net::resolve_location(accepted.final_url, accepted.headers.get("Content-Location"));
    if (accepted.headers.get("Content-Location").empty() || !url || !is_allowed(links_, *url))
        co_return not_ready;
    poll.url = *url;
    Result<net::ClientResponse> response = std::move(accepted);
    auto pause = kFirstPoll;
    for (std::size_t polls = 0; poll_again(response->status); ++polls) {
        auto const asked_for = std::chrono::milliseconds(wait_asked_for(*response, clock_.utc_now()));
        auto const wait = std::max(pause, asked_for);
        if (polls == kMostPolls || wait >= deadline.remaining(clock_)) co_return not_ready;
        pause = std::min(pause * 2, kSlowestPoll);
        co_await clock_.sleep_for(wait);
        response = co_await send_once(deadline, poll);
        if (!response) co_return response;
    }
    if (response->status == kNotFound || response->status == kGone) co_return not_ready;
    co_return response;
}

awaitable<Result<net::ClientResponse>> FhirEndpoint::send_once(
    Deadline deadline, net::ClientRequest request
) {
    if (is_own(links_, request.url)) {
        auto headers = co_await authorization_.authorize(deadline);
        if (!headers) co_return headers.error();
        for (auto const& [name, value] : *headers) request.headers.set(name, value);
    }
    auto const turn = co_await turns_.take(deadline);
    if (!turn) co_return turn.error();
    co_return co_await client_.send(deadline, std::move(request));
}

awaitable<Result<net::ClientResponse>> FhirEndpoint::get(
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

awaitable<Result<net::ClientResponse>> FhirEndpoint::post(
    Deadline deadline, std::string path, std::string body
) {
    auto made = request("POST", below_base(path), partner_body_);
    made.headers.add("Accept", kFhirJson);
    made.headers.add("Content-Type", kFhirJson);
    made.body = std::move(body);
    co_return co_await send(deadline, std::move(made));
}

awaitable<Result<net::ClientResponse>> FhirEndpoint::search_once(
    Deadline deadline, std::string type, std::string query, Verb verb, Handling handling
) {
    auto const path = verb == Verb::get ? type + "?" + query : type + "/_search";
    auto made = request(verb == Verb::get ? "GET" : "POST", below_base(path), partner_body_);
    made.headers.add("Accept", kFhirJson);
    made.headers.add("Cache-Control", "no-cache");
    made.headers.add("Prefer", handling == Handling::strict ? "handling=strict" : "handling=lenient");
    if (verb == Verb::post) {
        made.headers.add("Content-Type", "application/x-www-form-urlencoded");
        made.body = std::move(query);
    }
    co_return co_await send(deadline, std::move(made));
}

awaitable<Result<net::ClientResponse>> FhirEndpoint::search(
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

Failure FhirEndpoint::refused(net::ClientResponse const& response) const {
    auto const status = response.status;
    auto const errc = status == 401 || status == 403 ? Errc::forbidden : Errc::http_status;
    return Failure(errc, "HTTP " + std::to_string(status))
        .with_status(status, wait_asked_for(response, clock_.utc_now()));
}

}  // namespace tributary::partner
