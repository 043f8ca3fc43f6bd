#include "orchestrator/delivery/deliveries.hpp"

#include <utility>

#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/delivery/binding_tokens.hpp"
#include "orchestrator/delivery/delivery_metrics.hpp"
#include "orchestrator/delivery/rest_hook_sender.hpp"
#include "orchestrator/delivery/socket_hub.hpp"
#include "orchestrator/delivery/workers.hpp"

namespace tributary::delivery {

namespace {

using namespace std::chrono_literals;

constexpr auto kExpiryPeriod = 2s;  // `end` is observed within 5 s (subscriptions C4)
constexpr std::size_t kSlice = 200;

bool has_work(cache::SubscriptionRecord const& record) {
    return record.status == subscriptions::Status::requested || record.events > record.delivered;
}

/// Perhaps: a look at the Subscription tells.
bool wants_heartbeat(cache::SubscriptionRecord const& record) {
    return record.resource.find("backport-heartbeat-period") != std::string::npos;
}

}  // namespace

struct Deliveries::Impl {
    Impl(
        boost::asio::any_io_executor const& ex,
        async::Clock& clock,
        storage::Storage& storage,
        HookTransport transport,
        net::TlsContexts& tls,
        subscriptions::Rules rules,
        Settings settings,
        std::function<void(std::string const& id)> stopped,
        Logger logger,
        Metrics& metrics
    )
        : clock_(clock),
          storage_(storage),
          rules_(std::move(rules)),
          settings_(std::move(settings)),
          stopped_(std::move(stopped)),
          logger_(logger),
          metrics_(metrics),
          tokens_(clock, settings_.binding_token_life),
          sender_(clock, std::move(transport), tls, settings_, metrics_),
          resender_(clock, storage, sender_, rules_, settings_),
          heartbeats_(ex, clock, heartbeat_calls(), logger),
          hub_(ex, clock, storage, tokens_, heartbeats_, rules_, settings_, logger, metrics_),
          workers_(
              ex,
              clock,
              storage,
              sender_,
              hub_,
              heartbeats_,
              rules_,
              settings_,
              [this](std::string const& id) { ended(id); },
              logger,
              metrics_
          ),
          tasks_(ex, [logger](std::string_view task, std::exception_ptr error) { logger.bug(task, error); }) {
    }

    Heartbeats::Calls heartbeat_calls() {
        return {
            [this](std::string const& id) { return hub_.silent_since(id); },
            [this](std::string const& id) { workers_.beat(id); }
        };
    }

    void wake(std::string const& id) {
        // What is bound already needs no look at the Subscription: its sockets hear of it at once.
        hub_.feed(id);
        workers_.wake(id);
    }
    void hand_over(cache::FreshEvents fresh) {
        if (fresh.plan->channel.type == subscriptions::ChannelType::websocket) {
            hub_.feed(fresh);
        } else {
            workers_.hand_over(std::move(fresh));
        }
    }

    void deactivate(std::string const& id) {
        heartbeats_.forget(id);
        workers_.stop(id);
        hub_.retire(id);
    }

    void ended(std::string const& id) {
        heartbeats_.forget(id);
        hub_.retire(id);
        if (stopped_) stopped_(id);
    }

    awaitable<Result<void>> resume_notices() {
        auto const owed = co_await storage_.owed_notices();
        if (!owed) co_return owed.error();
        for (auto const& id : *owed) workers_.wake(id);
        co_return Result<void>();
    }

    /// Classic, on a WebSocket still, and never bound but by JSON frames.
    bool is_for_dialect(cache::FoundSubscription const& found) const {
        auto const& record = found.record;
        if (found.presence != cache::Presence::found || record.bound_by != cache::BoundBy::dialect)
            return false;
        auto const plan = subscriptions::stored_plan(record.resource, rules_);
        return plan && plan->kind == subscriptions::Kind::classic &&
               plan->channel.type == subscriptions::ChannelType::websocket;
    }

    /// What a client of the JSON dialect made and left is off after a while: the one Subscription that ends with its sockets (E5).
    awaitable<void> end_left_behind() {
        auto const overdue = hub_.take_left_behind();
        for (auto const& id : overdue) {
            auto const found = co_await storage_.read_subscription("", id);
            if (!found) {
                hub_.left_behind(id);
                continue;
            }
            if (!is_for_dialect(*found)) continue;
            cache::StatusChange change;
            change.id = id;
            change.status = subscriptions::Status::off;
            change.from = {
                subscriptions::Status::requested, subscriptions::Status::active, subscriptions::Status::error
            };
            change.error_text = "no socket was bound to this Subscription for a long time";
            change.now = clock_.utc_now();
            auto const changed = co_await storage_.change_status(std::move(change));
            if (!changed) {
                logger_.warning(
                    "status not stored", {{"subscription", id}, {"reason", changed.error().detail()}}
                );
                hub_.left_behind(id);
                continue;
            }
            if (!changed->changed) continue;
            workers_.stop(id);
            ended(id);
        }
    }

    awaitable<void> watch_ends() {
        while (!closing_) {
            co_await end_left_behind();
            auto const now = clock_.utc_now();
            auto const expired = co_await storage_.expire_subscriptions(now, now - settings_.rules.off_after);
            if (!expired) {
                logger_.warning("expiry", {{"reason", expired.error().detail()}});
            } else {
                for (auto const& id : *expired) {
                    deactivate(id);
                    workers_.wake(id);
                    if (stopped_) stopped_(id);
                }
            }
            auto closing = closing_signal_.wait();
            auto const period = async::Deadline::after(clock_, kExpiryPeriod);
            (void)co_await async::with_deadline(clock_, period, std::move(closing));
        }
    }

    void close() {
        closing_ = true;
        closing_signal_.close_all();
        workers_.close();
        heartbeats_.cancel();
    }
    awaitable<void> join() {
        co_await workers_.join();
        co_await heartbeats_.stop();
        co_await hub_.stop();
        co_await tasks_.join();
    }

    async::Clock& clock_;
    storage::Storage& storage_;
    subscriptions::Rules rules_;
    Settings settings_;
    std::function<void(std::string const& id)> stopped_;
    Logger logger_;
    DeliveryMetrics metrics_;
    BindingTokens tokens_;
    RestHookSender sender_;
    Resender resender_;
    Heartbeats heartbeats_;
    SocketHub hub_;
    Workers workers_;
    bool closing_ = false;
    async::WaitList closing_signal_;
    async::TaskGroup tasks_;  ///< last
};

Deliveries::Deliveries(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    storage::Storage& storage,
    HookTransport transport,
    net::TlsContexts& tls,
    subscriptions::Rules rules,
    Settings settings,
    std::function<void(std::string const& id)> stopped,
    Logger logger,
    Metrics& metrics
)
    : impl_(std::make_unique<Impl>(
          ex,
          clock,
          storage,
          std::move(transport),
          tls,
          std::move(rules),
          std::move(settings),
          std::move(stopped),
          std::move(logger),
          metrics
      )) {}

Deliveries::~Deliveries() = default;

void Deliveries::wake(std::vector<std::string> const& subscriptions) {
    for (auto const& id : subscriptions) impl_->wake(id);
}

void Deliveries::wake(cache::Admitted& admitted) {
    auto handed = admitted.fresh.begin();  // in the same order, fewer
    for (auto const& id : admitted.subscriptions) {
        if (handed != admitted.fresh.end() && handed->subscription.id == id) {
            impl_->hand_over(std::move(*handed++));
        } else {
            impl_->wake(id);
        }
    }
    admitted.fresh.clear();
}

void Deliveries::stop_subscription(std::string const& id) {
    impl_->heartbeats_.forget(id);
    impl_->workers_.stop(id);
    impl_->hub_.unbind(id);
}

void Deliveries::replace_subscription(
    cache::SubscriptionRecord const& record, subscriptions::Plan const& plan
) {
    impl_->heartbeats_.forget(record.id);
    impl_->workers_.stop(record.id);
    impl_->hub_.replace(record, plan);
    bool const unbound = !impl_->hub_.silent_since(record.id);
    if (unbound && record.bound_by == cache::BoundBy::dialect) impl_->hub_.left_behind(record.id);
}

void Deliveries::deactivate(std::string const& id) { impl_->deactivate(id); }

awaitable<Result<void>> Deliveries::resume() {
    std::int64_t after = 0;
    do {
        auto live = co_await impl_->storage_.live_subscriptions(after, kSlice);
        if (!live) co_return live.error();
        for (auto const& record : live->records) {
            if (record.bound_by == cache::BoundBy::dialect) impl_->hub_.left_behind(record.id);
            if (has_work(record) || wants_heartbeat(record)) impl_->workers_.wake(record.id);
        }
        after = live->next;
    } while (after != 0);
    if (!impl_->heartbeats_.start()) co_return Failure(Errc::closed);
    auto notices = co_await impl_->resume_notices();
    if (!notices) co_return notices.error();
    if (!impl_->tasks_.spawn("ends of Subscriptions", impl_->watch_ends())) co_return Failure(Errc::closed);
    co_return Result<void>();
}

awaitable<Result<Resent>> Deliveries::resend(
    async::Deadline deadline, std::string subscription, ResendRange range
) {
    auto const resent = co_await impl_->resender_.send(deadline, subscription, range);
    if (resent && resent->sent > 0) impl_->workers_.look_anew(subscription);
    co_return resent;
}

BindingToken Deliveries::make_binding_token(std::vector<std::string> subscriptions) {
    return impl_->tokens_.make(std::move(subscriptions));
}

awaitable<void> Deliveries::serve(net::WebSocketSession& session) { return impl_->hub_.serve(session); }

awaitable<void> Deliveries::drain(async::Deadline deadline) {
    impl_->close();
    auto ended = impl_->join();
    (void)co_await async::with_deadline(impl_->clock_, deadline, std::move(ended));
}

void Deliveries::cancel() {
    impl_->close();
    impl_->workers_.cancel();
    impl_->hub_.cancel();
    impl_->tasks_.cancel();
}

awaitable<void> Deliveries::stop() { return impl_->join(); }

}  // namespace tributary::delivery
