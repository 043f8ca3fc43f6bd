#include "tests/bench/hook_stage.hpp"

#include <utility>

#include "tests/bench/partner_pages.hpp"

namespace tributary::bench {
namespace {

constexpr std::size_t kDocumentBytes = 2000;

net::HttpServer::Settings server_settings(std::uint16_t port) {
    net::HttpServer::Settings settings;
    settings.port = port;
    return settings;
}

net::ServerResponse error_page(Failure const&) { return net::ServerResponse(400, "text/plain", "refused"); }

}  // namespace

HookStage::HookStage(HttpBench& bench, Settings settings)
    : clock_(bench.clock),
      settings_(settings),
      server_(
          bench.loop.get_executor(),
          bench.clock,
          server_settings(settings.port),
          [this](net::ServerRequest request) { return handle(std::move(request)); },
          {},
          error_page,
          Logger(),
          bench.metrics
      ) {}

Result<void> HookStage::listen() {
    if (auto listening = server_.listen(); !listening) return listening;
    server_.start();
    return {};
}

awaitable<void> HookStage::drain(async::Deadline deadline) { return server_.drain(deadline); }

void HookStage::expect(std::string const& name, std::size_t documents) {
    expected_.try_emplace(name).first->second.documents = documents;
}

awaitable<net::ServerResponse> HookStage::handle(net::ServerRequest request) {
    if (request.path.starts_with("/hook/")) co_return receive(request);
    co_return co_await answer(std::move(request));
}

net::ServerResponse HookStage::receive(net::ServerRequest const& request) {
    auto const now = clock_.now();
    if (request.body.empty() || request.body.find("\"handshake\"") != std::string::npos) return {};
    if (++events_ == events_awaited_) reached_.set(true);
    event_bytes_ = request.body.size();
    auto const expected = expected_.find(std::string_view(request.path).substr(6));
    if (expected != expected_.end()) expected->second.arrived.set(now);
    return {};
}

awaitable<bool> HookStage::events_reach(std::size_t count) {
    events_awaited_ = count;
    if (events_ >= count) reached_.set(true);
    co_return co_await reached_.wait();
}

awaitable<net::ServerResponse> HookStage::answer(net::ServerRequest request) {
    ++calls_;
    auto const asked = request.query + '&' + request.body;
    auto const base = partner_base();
    if (request.path.find("/Patient") != std::string::npos) {
        auto const given = value_of(asked, "given=");
        auto const body = bundle(patient_entry(base, given, value_of(asked, "family=")), 1);
        co_return net::ServerResponse(200, kFhirJson, body);
    }
    if (request.path.find("/DocumentReference") != std::string::npos) {
        co_await clock_.sleep_for(settings_.page_after);
        auto name = net::percent_decode(value_of(asked, "patient="));
        name.erase(0, name.rfind('/') + 1);
        auto const expected = expected_.find(name);
        if (expected == expected_.end()) co_return net::ServerResponse(200, kFhirJson, page(name, 1));
        auto response = net::ServerResponse(200, kFhirJson, page(name, expected->second.documents));
        expected->second.page_sent = clock_.now();
        co_return response;
    }
    if (request.path.find("/Binary") != std::string::npos)
        co_return net::ServerResponse(200, "text/plain", request.path + std::string(kDocumentBytes, '.'));
    co_return net::ServerResponse(200, kFhirJson, kCapabilityStatement);
}

std::string HookStage::page(std::string const& name, std::size_t documents) const {
    std::string entries;
    for (std::size_t i = 0; i < documents; ++i)
        entries += (i == 0 ? "" : ",") + document_entry(partner_base(), name, i);
    return bundle(entries, documents);
}

}  // namespace tributary::bench
