#include "examples/partner-simulator/simulator.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "examples/partner-simulator/faults.hpp"
#include "examples/partner-simulator/latency.hpp"
#include "examples/partner-simulator/search.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

constexpr std::chrono::seconds kHealthSlot(10);
constexpr std::size_t kHealthSlots = 360;

/// "/p001/fhir/Patient" into "p001" and "/Patient"; no second part where the path does not lead to a FHIR base.
std::pair<std::string, std::optional<std::string>> split_path(std::string const& path) {
    constexpr std::string_view kBase = "/fhir";
    auto const end = std::min(path.find('/', 1), path.size());
    auto const community = path.substr(std::min<std::size_t>(1, end), end - 1), rest = path.substr(end);
    bool const leads = rest == kBase || rest.starts_with("/fhir/");
    return {community, leads ? std::optional(rest.substr(kBase.size())) : std::nullopt};
}

/// Everybody well, and as many at once as come.
void heal(Network& network) {
    for (auto& community : network.communities) {
        community.behaviour.health = Health::healthy;
        community.behaviour.max_at_once = 0;
    }
}

bool is_authorized(Behaviour const& behaviour, std::string_view path, std::string_view authorization) {
    return behaviour.bearer_token.empty() || path == "/metadata" ||
           authorization == "Bearer " + behaviour.bearer_token;
}

/// What tells one question from another: all of it but its head.
std::string target_of(FacadeRequest const& request) {
    auto target = request.path + '?' + request.query;
    if (!request.body.empty()) target.append(request.query.empty() ? "" : "&").append(request.body);
    return target;
}

}  // namespace

/// Counts a request of a Site, and of all of them, for as long as it lives.
class Simulator::Visit {
public:
    Visit(Tally& site, Tally& all, Tally::TimePoint now) : site_(site), all_(all) {
        site_.arrive(now);
        all_.arrive(now);
    }
    Visit(Visit const&) = delete;
    ~Visit() {
        site_.leave();
        all_.leave();
    }
    void count(Step step) {
        site_.count(step);
        all_.count(step);
    }
    void count_throttled() {
        site_.count_throttled();
        all_.count_throttled();
    }

private:
    Tally &site_, &all_;
};

Simulator::Simulator(async::Clock& clock, Network network, Script script, std::string root)
    : clock_(clock), network_(std::move(network)), script_(script), start_(clock.now()) {
    if (script_.faults == Faults::off) heal(network_);
    if (script_.change_period.count() > 0) feed_ = withhold_changes(script_.seed, network_);
    for (auto& community : network_.communities) {
        sites_.emplace(
            community.id, Site{&community, FhirFacade(community, root + '/' + community.id + "/fhir")}
        );
    }
}

awaitable<net::ServerResponse> Simulator::handle(net::ServerRequest request) {
    catch_up();
    if (request.path == "/oracle") co_return tell_oracle(request.query);
    if (request.path == "/statistics") co_return tell_statistics();
    if (request.path == "/calls") co_return net::ServerResponse(200, "application/json", calls_.to_json());
    auto const [community, path] = split_path(request.path);
    auto const site = sites_.find(community);
    if (site == sites_.end() || !path) co_return refusal(404, "not-found", "no such community");
    co_return co_await visit(site->second, std::move(request), *path);
}

awaitable<net::ServerResponse> Simulator::visit(Site& site, net::ServerRequest request, std::string path) {
    Visit counted(site.tally, all_, clock_.now());
    auto const& behaviour = site.community->behaviour;
    if (behaviour.max_at_once > 0 && site.tally.at_once() > behaviour.max_at_once) {
        counted.count_throttled();
        co_return too_many_requests(behaviour.retry_after, clock_.utc_now());
    }
    if (!is_authorized(behaviour, path, request.headers.get("authorization"))) {
        auto unauthorized = refusal(401, "login", "a bearer token is needed");
        unauthorized.headers.set("WWW-Authenticate", "Bearer");
        co_return unauthorized;
    }
    std::string const accept(request.headers.get("accept"));
    FacadeRequest const inner{request.method, std::move(path), request.query, accept, request.body};
    auto answer = site.facade.answer(inner);
    counted.count(answer.step);
    auto const target = target_of(inner);
    Call const call{answer.step, target, answer.found, answer.body.size()};
    auto const attempt = behaviour.health == Health::flaky ? site.attempts[target]++ : 0;
    auto fault = fault_of(script_.seed, *site.community, target, attempt);
    async::Clock::Duration latency{0};
    if (script_.latency_divisor > 0) latency = scaled(latency_of(script_.seed, *site.community, call));
    calls_.add({site.community->id, answer.step, inner.method, target, clock_.now(), latency});
    if (script_.latency_divisor > 0) co_await clock_.sleep_for(latency);
    if (fault) co_return std::move(*fault);
    co_return net::ServerResponse(answer.status, answer.content_type, std::move(answer.body));
}

/// What should have changed by now has changed before anybody is answered.
void Simulator::catch_up() {
    auto const passed = clock_.now() - start_;
    if (script_.change_period.count() > 0) {
        auto const tick = static_cast<std::size_t>(passed / scaled(script_.change_period));
        while (tick_ < std::min(tick, kChangeTicks)) change_data(tick_++);
    }
    if (script_.health_changes && script_.faults == Faults::on) {
        auto const slot = static_cast<std::size_t>(passed / scaled(kHealthSlot));
        while (slot_ < std::min(slot, kHealthSlots)) change_health(++slot_);
    }
}

void Simulator::change_data(std::size_t tick) {
    apply_edits(network_, feed_.at(tick));
    std::set<std::size_t> touched;
    for (auto const& edit : feed_.at(tick)) touched.insert(edit.community);
    for (auto const place : touched) {
        auto const& community = network_.communities.at(place);
        auto& facade = sites_.find(community.id)->second.facade;
        facade = FhirFacade(community, facade.base());
    }
}

void Simulator::change_health(std::size_t slot) {
    for (auto& community : network_.communities) {
        auto const change = draw_health_change(script_.seed, community.id, slot);
        if (change) community.behaviour.health = *change;
        if (slot == kHealthSlots) community.behaviour.health = Health::healthy;
    }
}

async::Clock::Duration Simulator::scaled(std::chrono::duration<double> time) const {
    auto const divisor = script_.latency_divisor > 0 ? script_.latency_divisor : 1;
    auto const real = std::chrono::duration_cast<async::Clock::Duration>(time / divisor);
    return std::max(real, async::Clock::Duration(1));
}

net::ServerResponse Simulator::tell_oracle(std::string_view query) const {
    auto const criteria = raw_value_of(query, "criteria"), acceptance = raw_value_of(query, "acceptance");
    if (!acceptance.empty() && acceptance != "strict" && acceptance != "search") {
        return refusal(400, "value", "acceptance is strict or search");
    }
    auto const judged = judge(
        network_, script_.faults, criteria, acceptance == "search" ? Acceptance::search : Acceptance::strict
    );
    if (!judged) return refusal(400, "value", judged.error().detail());
    return net::ServerResponse(200, "application/json", to_json(*judged));
}

net::ServerResponse Simulator::tell_statistics() const {
    auto partners = fhir::json::array();
    for (auto const& [id, site] : sites_) {
        auto partner = fhir::json::object({{"id", id}});
        site.tally.tell(partner);
        partners.push(std::move(partner));
    }
    auto statistics = fhir::json::object({});
    all_.tell(statistics);
    statistics.set("changes", tick_);
    statistics.set("partners", std::move(partners));
    return net::ServerResponse(200, "application/json", fhir::json::write(statistics));
}

}  // namespace tributary::simulator
