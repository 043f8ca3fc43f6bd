#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/delivery/deliveries.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/unit/orchestrator/delivery/delivery_data.hpp"

namespace tributary::delivery {

using namespace std::chrono_literals;
using subscriptions::Status;

/// Deliveries over a Storage on files, to receivers on loopback, in real time.
struct DeliveryFixture : DeliveryData {
    DeliveryFixture() {
        settings.base = rules.base;
        settings.timeout = 10s;
        start();
    }
    ~DeliveryFixture() {
        end();
        for (auto& receiver : receivers) receiver->stop();
        client.close_idle();
        ctx.restart();
        ctx.run_for(2s);
        worker.stop();
    }
    DeliveryFixture(DeliveryFixture const&) = delete;
    DeliveryFixture& operator=(DeliveryFixture const&) = delete;

    void start() {
        auto remember = [this](std::string const& id) { stopped.push_back(id); };
        deliveries = std::make_unique<Deliveries>(
            ctx.get_executor(),
            clock,
            *storage,
            over(client),
            tls,
            rules,
            settings,
            remember,
            Logger(),
            metrics
        );
    }
    void end() {
        if (!deliveries) return;
        deliveries->cancel();
        run(deliveries->stop());
        deliveries.reset();
    }
    void restart() {
        end();
        start();
    }
    void resume() { run(resume_now()); }

    FakeServer& receiver() {
        receivers.push_back(std::make_unique<FakeServer>(ctx));
        return *receivers.back();
    }
    /// Runs the loop until it is so, for 20 s at most.
    void until(std::function<bool()> const& so) {
        auto const limit = std::chrono::steady_clock::now() + 20s;
        ctx.restart();
        while (!so() && std::chrono::steady_clock::now() < limit) ctx.run_one_for(20ms);
        REQUIRE(so());
    }
    void until_requests(FakeServer const& server, std::size_t count) {
        until([&] { return server.requests().size() >= count; });
    }
    void until_status(std::string const& id, Status status) {
        auto const limit = std::chrono::steady_clock::now() + 20s;
        while (record(id).status != status && std::chrono::steady_clock::now() < limit) pass(10ms);
        REQUIRE(record(id).status == status);
    }
    void until_delivered(std::string const& id, std::int64_t number) {
        auto const limit = std::chrono::steady_clock::now() + 20s;
        while (record(id).delivered < number && std::chrono::steady_clock::now() < limit) pass(10ms);
        REQUIRE(record(id).delivered == number);
    }
    void pass(std::chrono::milliseconds time) {
        auto const limit = std::chrono::steady_clock::now() + time;
        ctx.restart();
        while (std::chrono::steady_clock::now() < limit) ctx.run_one_for(5ms);
    }
    void subscribe(std::string const& id, SubscriptionText const& text, Status status = Status::requested) {
        create(id, text, status);
        deliveries->wake({id});
    }

    async::SystemClock clock;
    async::Worker worker{ctx.get_executor()};
    net::TlsContexts tls;
    net::HttpClient client{ctx.get_executor(), clock, worker, tls, metrics, {}};
    Settings settings;
    std::vector<std::string> stopped;
    std::vector<std::unique_ptr<FakeServer>> receivers;
    std::unique_ptr<Deliveries> deliveries;

private:
    async::awaitable<void> resume_now() { cache::good(co_await deliveries->resume()); }
};

}  // namespace tributary::delivery
