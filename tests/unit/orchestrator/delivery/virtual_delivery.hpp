#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/delivery/deliveries.hpp"
#include "tests/unit/orchestrator/delivery/delivery_data.hpp"

namespace tributary::delivery {

using namespace std::chrono_literals;
using subscriptions::Status;

/// Endpoints in memory: what each was sent, and when; how each answers.
class FakeEndpoints {
public:
    struct Call {
        async::Clock::TimePoint at;
        std::string host;
        net::Headers headers;
        std::string body;
    };

    explicit FakeEndpoints(async::Clock& clock) : clock_(clock) {}

    void answers(std::string const& host, unsigned status) { status_[host] = status; }
    /// In all its answers from now on.
    void asks_to_wait(std::string const& host, std::string const& seconds) { retry_after_[host] = seconds; }
    void takes(std::string const& host, async::Clock::Duration time) { time_[host] = time; }
    /// Says nothing until whoever asks gives up. A host, or one path of it.
    void hangs(std::string const& host) { status_[host] = kHangs; }

    HookTransport transport() {
        return [this](async::Deadline deadline, net::ClientRequest request) {
            return answer(deadline, std::move(request));
        };
    }
    std::vector<Call> calls(std::string const& host) const {
        std::vector<Call> found;
        std::copy_if(calls_.begin(), calls_.end(), std::back_inserter(found), [&host](Call const& call) {
            return call.host == host;
        });
        return found;
    }
    std::size_t hanging() const { return hanging_; }
    std::size_t most_hanging = 0;

private:
    static constexpr unsigned kHangs = 0;

    async::awaitable<Result<net::ClientResponse>> answer(
        async::Deadline deadline, net::ClientRequest request
    ) {
        auto const host = request.url.host;
        calls_.push_back({clock_.now(), host, std::move(request.headers), std::move(request.body)});
        auto found = status_.find(host + request.url.target);
        if (found == status_.end()) found = status_.find(host);
        net::ClientResponse response;
        response.status = found == status_.end() ? 200 : found->second;
        if (response.status == kHangs) {
            most_hanging = std::max(most_hanging, ++hanging_);
            co_await clock_.sleep_until(deadline.when());
            --hanging_;
            co_return Failure(Errc::timeout);
        }
        if (auto const wait = retry_after_.find(host); wait != retry_after_.end())
            response.headers.add("Retry-After", wait->second);
        auto const time = time_.find(host);
        co_await clock_.sleep_for(time == time_.end() ? async::Clock::Duration(1ms) : time->second);
        co_return response;
    }

    async::Clock& clock_;
    std::map<std::string, unsigned> status_;
    std::map<std::string, std::string> retry_after_;
    std::map<std::string, async::Clock::Duration> time_;
    std::vector<Call> calls_;
    std::size_t hanging_ = 0;
};

/// "handshake 0", "event-notification 3", "heartbeat 3 error"…: type, counter and, where it is not active, status of a notification.
inline std::string summary(std::string const& frame) {
    auto const bundle = fhir::json::read(frame);
    if (!bundle) return frame;
    std::string type, count, status;
    for (auto const& parameter : bundle->items("entry")[0].at("resource")->items("parameter")) {
        auto const name = parameter.text("name");
        if (name == "type") type = parameter.text("valueCode");
        if (name == "events-since-subscription-start") count = parameter.text("valueString");
        if (name == "status" && parameter.text("valueCode") != "active")
            status = " " + std::string(parameter.text("valueCode"));
    }
    return type + " " + count + status;
}

/// Deliveries to endpoints in memory, in virtual time.
struct VirtualDelivery : DeliveryData {
    explicit VirtualDelivery(subscriptions::Rules wanted = {}) : DeliveryData(std::move(wanted)) {
        clock.wait_while([this] { return storage->in_flight() > 0; });
        settings.base = rules.base;
        start();
    }
    ~VirtualDelivery() { end(); }
    VirtualDelivery(VirtualDelivery const&) = delete;
    VirtualDelivery& operator=(VirtualDelivery const&) = delete;

    void start() {
        deliveries = std::make_unique<Deliveries>(
            ctx.get_executor(),
            clock,
            *storage,
            endpoints.transport(),
            tls,
            rules,
            settings,
            [](std::string const&) {},
            Logger(),
            metrics
        );
        run(resume());
    }
    void end() {
        deliveries->cancel();
        pass(1s);
        run(deliveries->stop());
    }
    void restart() {
        end();
        start();
    }
    void pass(async::Clock::Duration time) {
        ctx.restart();
        clock.advance(ctx, time);
    }
    /// A Subscription at https://<host>/hook, and who delivers hears of it.
    void subscribe(std::string const& id, std::string const& host, Status status = Status::active) {
        auto text = topic;
        text.endpoint = "https://" + host + "/hook";
        create(id, text, status);
        wake(id);
    }
    void wake(std::string const& id) {
        deliveries->wake({id});
        pass(0ms);
    }
    /// As an update by its app, which is answered before what it stops has ended: what `topic` says now.
    void replace(std::string const& id, Status status = Status::active) {
        cache::ReplaceSubscription update;
        update.id = id;
        update.resource = written(topic);
        update.status = status;
        update.now = clock.utc_now();
        run(replace_now(std::move(update)));
        pass(0ms);
    }
    /// New documents, as the pipeline would tell of them.
    void happen(std::vector<std::string> const& documents) {
        auto admitted = admit(documents);
        deliveries->wake(admitted);
        pass(0ms);
    }
    void change(std::string const& id, Status status) {
        cache::StatusChange change;
        change.id = id;
        change.status = status;
        change.now = clock.utc_now();
        run(change_now(change));
    }
    std::vector<std::string> told(std::string const& host) const {
        std::vector<std::string> all;
        for (auto const& call : endpoints.calls(host)) all.push_back(summary(call.body));
        return all;
    }

    async::ManualClock clock{std::chrono::system_clock::now()};
    FakeEndpoints endpoints{clock};
    net::TlsContexts tls;
    Settings settings;
    SubscriptionText topic{.content = "id-only"};
    std::unique_ptr<Deliveries> deliveries;

private:
    async::awaitable<void> resume() { cache::good(co_await deliveries->resume()); }
    async::awaitable<void> change_now(cache::StatusChange change) {
        cache::good(co_await storage->change_status(std::move(change)));
    }
    async::awaitable<void> replace_now(cache::ReplaceSubscription update) {
        auto const plan = subscriptions::stored_plan(update.resource, rules).value();
        auto const found = cache::good(co_await storage->replace_subscription(std::move(update)));
        deliveries->replace_subscription(found.record, plan);
        deliveries->wake({found.record.id});  // before what is cancelled has ended
    }
};

using Texts = std::vector<std::string>;

}  // namespace tributary::delivery
