#include "tests/bench/crowd_stage.hpp"

#include <charconv>
#include <utility>

#include "orchestrator/net/url.hpp"
#include "tests/bench/partner_pages.hpp"

namespace tributary::bench {
namespace {

constexpr char kHook[] = "/hook/";
constexpr char kName[] = "member";
constexpr std::chrono::hours kForEver(24);

net::HttpServer::Settings server_settings(std::uint16_t port) {
    net::HttpServer::Settings settings;
    settings.address = "0.0.0.0";  // all of 127.0.0.0/8
    settings.port = port;
    return settings;
}

net::ServerResponse error_page(Failure const&) { return net::ServerResponse(400, "text/plain", "refused"); }

net::ServerResponse status(unsigned code) { return net::ServerResponse(code, "text/plain", ""); }

}  // namespace

CrowdStage::CrowdStage(HttpBench& bench, std::uint16_t port)
    : clock_(bench.clock),
      server_(
          bench.loop.get_executor(),
          bench.clock,
          server_settings(port),
          [this](net::ServerRequest request) { return handle(std::move(request)); },
          {},
          error_page,
          Logger(),
          bench.metrics
      ) {}

Result<void> CrowdStage::listen() {
    if (auto listening = server_.listen(); !listening) return listening;
    server_.start();
    return {};
}

std::string CrowdStage::add() {
    members_.push_back(std::make_unique<Member>(members_.size()));
    return kName + std::to_string(members_.size() - 1);
}

std::string CrowdStage::endpoint(std::size_t member) const {
    constexpr std::size_t kOfNet = 250;
    auto const address =
        "127.1." + std::to_string(member / kOfNet) + '.' + std::to_string(member % kOfNet + 1);
    return "http://" + address + ':' + std::to_string(server_.port()) + kHook + kName +
           std::to_string(member);
}

void CrowdStage::publish(std::size_t member) {
    auto& to = *members_[member];
    auto now = clock_.now();
    to.published.push_back(now);
    (void)to.pages.try_push(std::move(now));
}

std::size_t CrowdStage::outstanding() const {
    std::size_t count = 0;
    for (auto const& member : members_) {
        if (member->manner == Manner::answers) count += member->published.size();
    }
    return count;
}

CrowdStage::Member* CrowdStage::find(std::string_view name) {
    if (!name.starts_with(kName)) return nullptr;
    name.remove_prefix(sizeof kName - 1);
    std::size_t number = 0;
    auto const end = name.data() + name.size();
    auto const read = std::from_chars(name.data(), end, number);
    bool const known = read.ec == std::errc() && read.ptr == end && number < members_.size();
    return known ? members_[number].get() : nullptr;
}

std::string CrowdStage::partner_base() const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + "/partner/fhir";
}

awaitable<net::ServerResponse> CrowdStage::handle(net::ServerRequest request) {
    if (request.path.starts_with(kHook)) co_return co_await receive(std::move(request));
    auto const asked = request.query + '&' + request.body;
    if (request.path.find("/Patient") != std::string::npos) co_return patient(asked);
    if (request.path.find("/DocumentReference") == std::string::npos)
        co_return net::ServerResponse(200, kFhirJson, kCapabilityStatement);
    auto name = net::percent_decode(value_of(asked, "patient="));
    name.erase(0, name.rfind('/') + 1);
    co_return co_await next_page(std::move(name));
}

net::ServerResponse CrowdStage::patient(std::string const& asked) {
    auto const name = value_of(asked, "given=");
    auto const found = find(name) == nullptr ? std::string() : patient_entry(partner_base(), name, name);
    return net::ServerResponse(200, kFhirJson, bundle(found, found.empty() ? 0 : 1));
}

awaitable<net::ServerResponse> CrowdStage::next_page(std::string name) {
    auto* const member = find(name);
    if (member == nullptr) co_return status(404);
    ++held_;
    (void)co_await member->pages.pop();
    --held_;
    auto const number = ++member->documents;
    auto const base = partner_base();
    auto const next = base + "/DocumentReference?patient=" + name + "&page=" + std::to_string(number + 1);
    auto const entry = document_entry(base, name, number);
    co_return net::ServerResponse(200, kFhirJson, bundle(entry, number, next));
}

awaitable<net::ServerResponse> CrowdStage::receive(net::ServerRequest request) {
    auto const now = clock_.now();
    auto* const member = find(std::string_view(request.path).substr(sizeof kHook - 1));
    bool const handshake = request.body.find("\"handshake\"") != std::string::npos;
    if (member == nullptr || handshake || request.body.empty()) co_return net::ServerResponse();
    if (member->manner == Manner::hangs) {
        ++hanging_;
        co_await clock_.sleep_for(kForEver);
    }
    if (member->manner == Manner::fails) {
        ++refused_;
        co_return status(500);
    }
    if (!member->published.empty()) {
        auto const took = now - member->published.front();
        arrivals_.push_back({member->number, std::chrono::duration<double, std::micro>(took).count()});
        member->published.pop_front();
    }
    co_return net::ServerResponse();
}

}  // namespace tributary::bench
