#include "examples/partner-simulator/simulator.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "examples/partner-simulator/hash.hpp"
#include "examples/partner-simulator/resources.hpp"
#include "examples/partner-simulator/search.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

constexpr char kFhirJson[] = "application/fhir+json";
constexpr char kFault[] = "the scripted fault of this community";
constexpr char kRetryAfter[] = "1";

struct StepScript {
    std::string_view name;
    std::chrono::milliseconds time;
};

StepScript script_of(ScriptedLatency const& scripted, Step step) {
    switch (step) {
        case Step::patient_discovery:
            return {"patient_discovery", scripted.patient_discovery};
        case Step::query_documents:
            return {"query_documents", scripted.query_documents};
        case Step::retrieve_document:
            return {"retrieve_document", scripted.retrieve_document};
        case Step::none:
            break;
    }
    return {"none", std::chrono::milliseconds(0)};
}

/// "/p001/fhir/Patient" into "p001" and "/Patient"; no second part where the path does not lead to a FHIR base.
std::pair<std::string, std::optional<std::string>> split_path(std::string const& path) {
    constexpr std::string_view kBase = "/fhir";
    auto const end = std::min(path.find('/', 1), path.size());
    auto const community = path.substr(std::min<std::size_t>(1, end), end - 1), rest = path.substr(end);
    bool const leads = rest == kBase || rest.starts_with("/fhir/");
    return {community, leads ? std::optional(rest.substr(kBase.size())) : std::nullopt};
}

net::ServerResponse outcome(unsigned status, std::string_view code, std::string_view diagnostics) {
    return net::ServerResponse(
        status, kFhirJson, fhir::json::write(operation_outcome("error", code, diagnostics))
    );
}

}  // namespace

std::chrono::microseconds latency_of(
    Script const& script, Community const& community, Step step, std::string_view target
) {
    if (script.latency_divisor == 0) return {};
    auto const [name, time] = script_of(community.behaviour.scripted.value_or(ScriptedLatency{}), step);
    auto const factor =
        (0.9 + 0.2 * draw(script.seed, {community.id, name, target})) / script.latency_divisor;
    return std::chrono::duration_cast<std::chrono::microseconds>(time * factor);
}

/// Counts a request of a Site for as long as it lives.
class Simulator::Visit {
public:
    explicit Visit(Site& site) : site_(site) {
        ++site_.requests;
        site_.max_at_once = std::max(site_.max_at_once, ++site_.at_once);
    }
    Visit(Visit const&) = delete;
    ~Visit() { --site_.at_once; }

private:
    Site& site_;
};

Simulator::Simulator(async::Clock& clock, Network network, Script script, std::string root)
    : clock_(clock), network_(std::move(network)), script_(script) {
    for (auto const& community : network_.communities) {
        sites_.emplace(
            community.id, Site{&community, FhirFacade(community, root + '/' + community.id + "/fhir")}
        );
    }
}

awaitable<net::ServerResponse> Simulator::handle(net::ServerRequest request) {
    if (request.path == "/oracle") co_return tell_oracle(request.query);
    if (request.path == "/statistics") co_return tell_statistics();
    auto const [community, path] = split_path(request.path);
    auto const site = sites_.find(community);
    if (site == sites_.end() || !path) co_return outcome(404, "not-found", "no such community");
    co_return co_await visit(site->second, std::move(request), *path);
}

awaitable<net::ServerResponse> Simulator::visit(Site& site, net::ServerRequest request, std::string path) {
    Visit const counted(site);
    FacadeRequest inner{
        request.method, std::move(path), request.query, std::string(request.headers.get("accept"))
    };
    if (!request.body.empty()) inner.query += (inner.query.empty() ? "" : "&") + request.body;
    auto const answer = site.facade.answer(inner);
    auto const latency = latency_of(script_, *site.community, answer.step, inner.path + '?' + inner.query);
    co_await clock_.sleep_for(latency);
    if (script_.faults == Faults::on && site.community->behaviour.health == Health::unavailable) {
        auto refusal = outcome(503, "transient", kFault);
        refusal.headers.set("Retry-After", kRetryAfter);
        co_return refusal;
    }
    co_return net::ServerResponse(answer.status, answer.content_type, answer.body);
}

net::ServerResponse Simulator::tell_oracle(std::string_view query) const {
    auto const criteria = raw_value_of(query, "criteria"), acceptance = raw_value_of(query, "acceptance");
    if (!acceptance.empty() && acceptance != "strict" && acceptance != "search") {
        return outcome(400, "value", "acceptance is strict or search");
    }
    auto const judged = judge(
        network_, script_.faults, criteria, acceptance == "search" ? Acceptance::search : Acceptance::strict
    );
    if (!judged) return outcome(400, "value", judged.error().detail());
    return net::ServerResponse(200, "application/json", to_json(*judged));
}

net::ServerResponse Simulator::tell_statistics() const {
    auto partners = fhir::json::array();
    for (auto const& [id, site] : sites_) {
        partners.push(
            fhir::json::object({{"id", id}, {"requests", site.requests}, {"max_at_once", site.max_at_once}})
        );
    }
    return net::ServerResponse(
        200, "application/json", fhir::json::write(fhir::json::object({{"partners", std::move(partners)}}))
    );
}

}  // namespace tributary::simulator
