#include "orchestrator/operations/operations.hpp"

#include <charconv>
#include <chrono>

#include "cache/codes.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"
#include "fhir/search/parameter.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::operations {

namespace {

using fhir::json::Value;

constexpr std::size_t kDiscoveriesShown = 200;
constexpr std::chrono::seconds kResentWithin{20};

net::ServerResponse json_page(Value const& value) {
    return net::ServerResponse(200, "application/json", fhir::json::write(value) + '\n');
}

std::string_view wire(pacing::BreakerState state) {
    switch (state) {
        case pacing::BreakerState::closed:
            return "closed";
        case pacing::BreakerState::open:
            return "open";
        case pacing::BreakerState::half_open:
            return "half-open";
    }
    return "closed";
}

Value describe(partner::Partner const& partner) {
    auto const figures = partner.lane().figures();
    auto const url = net::parse_url(partner.settings().fhir);
    return fhir::json::object({
        {"id", partner.id()},
        {"name", partner.settings().name},
        {"origin", url ? url->origin() : std::string()},
        {"queued", figures.queued},
        {"owed", figures.owed},
        {"running", figures.running},
        {"max_concurrent", partner.settings().max_concurrent},
        {"breaker", Value(wire(figures.breaker))},
        {"throttled_for_ms", figures.throttled_for.count()},
    });
}

Value describe(cache::Progress const& progress) {
    std::vector<Value> issues;
    for (auto const& issue : progress.issues)
        issues.push_back(fhir::json::object({{"partner", issue.partner}, {"issue", issue.issue}}));
    auto value = fhir::json::object({
        {"id", progress.discovery},
        {"state", Value(cache::wire(progress.state))},
        {"started", fhir::search::format_instant(progress.started)},
        {"asked", progress.asked},
        {"answered", progress.answered},
        {"matched", progress.matched},
        {"failed", progress.failed},
        {"pending", progress.pending},
        {"issues", fhir::json::array(std::move(issues))},
    });
    if (progress.ended) value.set("ended", fhir::search::format_instant(*progress.ended));
    return value;
}

/// The id in /subscriptions/{id}/resend; "" for another path.
std::string resent_subscription(std::string_view path) {
    constexpr std::string_view kBefore = "/subscriptions/", kAfter = "/resend";
    if (!path.starts_with(kBefore) || !path.ends_with(kAfter)) return {};
    path.remove_prefix(kBefore.size());
    if (path.size() <= kAfter.size()) return {};
    path.remove_suffix(kAfter.size());
    return path.find('/') == path.npos ? std::string(path) : std::string();
}

Result<delivery::ResendRange> read_range(std::string_view query) {
    delivery::ResendRange range;
    auto const parameters = fhir::search::parse_query(query);
    if (!parameters) return parameters.error();
    for (auto const& parameter : *parameters) {
        bool const is_from = parameter.name == "from";
        auto& number = (is_from ? range.from : range.to).emplace();
        auto const& text = parameter.values.front();
        auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
        bool const whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
        if ((!is_from && parameter.name != "to") || !whole)
            return Failure(Errc::invalid, "from and to are numbers of Events");
    }
    return range;
}

unsigned status_of(Errc errc) {
    if (errc == Errc::not_found) return 404;
    if (errc == Errc::deleted) return 410;
    if (errc == Errc::business_rule) return 409;
    return errc == Errc::invalid || errc == Errc::malformed ? 400 : 503;
}

net::ServerResponse refusal(Failure const& failure) {
    return net::ServerResponse(status_of(failure.errc()), "text/plain", failure.detail() + '\n');
}

}  // namespace

Operations::Operations(
    async::Clock& clock,
    async::Worker& worker,
    storage::Storage& storage,
    std::vector<std::unique_ptr<partner::Partner>> const& partners,
    delivery::Deliveries& deliveries,
    Metrics& metrics
)
    : clock_(clock),
      worker_(worker),
      storage_(storage),
      partners_(partners),
      deliveries_(deliveries),
      metrics_(metrics) {}

awaitable<net::ServerResponse> Operations::handle(net::ServerRequest request) {
    if (auto const subscription = resent_subscription(request.path); !subscription.empty()) {
        if (request.method == "POST") co_return co_await resend(subscription, request.query);
        net::ServerResponse response(405, "text/plain", "only POST is offered here\n");
        response.headers.add("Allow", "POST");
        co_return response;
    }
    if (request.method != "GET" && request.method != "HEAD") {
        net::ServerResponse response(405, "text/plain", "only GET is offered here\n");
        response.headers.add("Allow", "GET, HEAD");
        co_return response;
    }
    if (request.path == "/healthz") co_return net::ServerResponse(200, "text/plain", "ok\n");
    if (request.path == "/readyz")
        co_return ready_ ? net::ServerResponse(200, "text/plain", "ready\n")
                         : net::ServerResponse(503, "text/plain", "not ready\n");
    if (request.path == "/metrics") co_return co_await metrics_page();
    if (request.path == "/partners") co_return partners_page();
    if (request.path == "/discoveries") co_return co_await discoveries_page();
    co_return net::ServerResponse(
        404,
        "text/plain",
        "offered here: /healthz /readyz /metrics /partners /discoveries, POST /subscriptions/{id}/resend\n"
    );
}

net::ServerResponse Operations::partners_page() const {
    std::vector<Value> items;
    for (auto const& partner : partners_) items.push_back(describe(*partner));
    return json_page(fhir::json::object({{"partners", fhir::json::array(std::move(items))}}));
}

awaitable<net::ServerResponse> Operations::discoveries_page() {
    auto const found = co_await storage_.recent_discoveries(kDiscoveriesShown);
    if (!found) co_return net::ServerResponse(503, "text/plain", "the cache does not answer: see the log\n");
    std::vector<Value> items;
    for (auto const& progress : *found) items.push_back(describe(progress));
    co_return json_page(fhir::json::object({{"discoveries", fhir::json::array(std::move(items))}}));
}

awaitable<net::ServerResponse> Operations::resend(std::string subscription, std::string query) {
    auto const range = read_range(query);
    if (!range) co_return refusal(range.error());
    auto const deadline = async::Deadline::after(clock_, kResentWithin);
    auto const resent = co_await deliveries_.resend(deadline, subscription, *range);
    if (!resent) co_return refusal(resent.error());
    auto page = fhir::json::object({{"subscription", subscription}, {"sent", resent->sent}});
    if (resent->next > 0) page.set("next", resent->next);
    if (!resent->failure.empty()) page.set("failure", Value(resent->failure));
    co_return json_page(page);
}

awaitable<net::ServerResponse> Operations::metrics_page() {
    auto const counts = co_await storage_.counts();
    if (counts) {
        metrics_.gauge("tributary_subscriptions", "Subscriptions stored")
            .set(static_cast<double>(counts->subscriptions));
        metrics_.gauge("tributary_documents", "Documents in the cache")
            .set(static_cast<double>(counts->documents));
        metrics_.gauge("tributary_patients", "Patients in the cache")
            .set(static_cast<double>(counts->patients));
        metrics_.gauge("tributary_undelivered_events", "Events not delivered yet")
            .set(static_cast<double>(counts->undelivered));
    }
    // Some 60 µs a partner. Told also where the worker has too much to do: now it matters.
    auto write = [&metrics = metrics_] { return metrics.text(); };
    auto text = co_await worker_.execute(std::move(write));
    if (!text) text = metrics_.text();
    co_return net::ServerResponse(200, "text/plain; version=0.0.4", std::move(*text));
}

}  // namespace tributary::operations
