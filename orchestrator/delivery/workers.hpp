#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/jitter.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/wait_list.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/delivery/delivery_metrics.hpp"
#include "orchestrator/delivery/heartbeats.hpp"
#include "orchestrator/delivery/rest_hook_sender.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/delivery/socket_hub.hpp"
#include "orchestrator/storage/storage.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// One worker per Subscription, alive only while there is something to activate, shake hands for, send or retry. It sends one request at a time, in the
/// order of numbers. What it knows it reads from Storage each time it looks. Owner: Deliveries. Thread: the loop. Ends: close() or cancel(), join().
/// Source: subscriptions C1 to C4, E5.
class Workers {
public:
    /// `ended` is told the id of a Subscription that a worker turned off.
    Workers(
        boost::asio::any_io_executor ex,
        async::Clock& clock,
        storage::Storage& storage,
        RestHookSender& sender,
        SocketHub& hub,
        Heartbeats& heartbeats,
        subscriptions::Rules const& rules,
        Settings const& settings,
        std::function<void(std::string const& id)> ended,
        Logger logger,
        DeliveryMetrics& metrics
    );

    /// Starts a worker, or has the running one look again before it ends.
    void wake(std::string const& id) { wake(id, false); }
    /// These are the next to be sent: no look at the Subscription is needed, unless a worker is at it already.
    void hand_over(cache::FreshEvents fresh);
    /// It has been silent for its period: sends a heartbeat, unless an Event comes first.
    void beat(std::string const& id) { wake(id, true); }
    /// The same, when the operator has had Events sent: those are not sent once more.
    void look_anew(std::string const& id);
    /// Cancels the worker, if there is one.
    void stop(std::string const& id);
    /// Soft: attempts under way finish, no new ones start.
    void close();
    void cancel() { tasks_.cancel(); }
    awaitable<void> join() { return tasks_.join(); }

private:
    /// The Event under way: which, since when, how often.
    struct Trial {
        std::int64_t number = 0;
        std::uint64_t version = 0;  ///< of the Subscription
        async::Clock::TimePoint since;
        unsigned attempts = 0;
        /// The same Event of the same version goes on.
        void begin(std::int64_t event, std::uint64_t of_version, async::Clock::TimePoint now) {
            if (number != event || version != of_version) *this = Trial{event, of_version, now, 0};
        }
    };
    struct Worker {
        explicit Worker(std::string subscription) : id(std::move(subscription)) {}
        std::string id;
        bool again = false;  ///< woken, and has not asked itself why
        bool stopping = false;
        bool restart = false;   ///< woken while stopping: what is cancelled must not take the wake with it
        bool unread = false;    ///< woken since it last read its Events
        bool beat = false;      ///< a heartbeat is due
        bool outdated = false;  ///< what it knows of its Subscription's cursor
        async::WaitList woken;
        async::TaskGroup* group = nullptr;
        Trial trial;
        std::optional<cache::FreshEvents> fresh;  ///< to be sent before it looks
    };
    /// A Subscription as it was when last looked at.
    struct Subject {
        cache::SubscriptionRecord record;
        subscriptions::Plan plan;
    };
    enum class Next { look_again, rest };

    void wake(std::string const& id, bool beat);
    void start(std::unique_ptr<Worker> worker);
    awaitable<void> attend(Worker& worker);
    awaitable<void> work(Worker& worker);
    awaitable<Next> look(Worker& worker);
    bool has_ended(subscriptions::Plan const& plan) const;
    awaitable<Next> act(Worker& worker, Subject subject);
    awaitable<Next> take_leave(Worker& worker, Subject& subject);
    awaitable<void> settle_notice(Worker const& worker);
    awaitable<bool> tell_of_end(Worker& worker, Subject& subject);
    void watch_silence(Subject const& subject);
    awaitable<Next> beat_hook(Worker& worker, Subject& subject);
    awaitable<void> beat_between_attempts(Worker& worker, Subject const& subject);
    void break_silence(Worker& worker);
    awaitable<Next> shake_hands(Worker& worker, Subject& subject);
    awaitable<Next> deliver_fresh(Worker& worker, cache::FreshEvents fresh);
    awaitable<Next> deliver(Worker& worker, Subject& subject);
    awaitable<bool> deliver_event(Worker& worker, Subject& subject, cache::EventRecord const& event);
    awaitable<bool> wait_for_turn(Worker& worker, Subject const& subject);
    awaitable<bool> is_unchanged(Worker& worker, std::uint64_t version);
    awaitable<bool> settle_failure(
        Worker& worker, Subject& subject, subscriptions::AttemptOutcome const& outcome
    );
    awaitable<void> count_failure(Worker const& worker);
    awaitable<void> settle_delivery(Worker& worker, Subject& subject, std::int64_t number);

    awaitable<bool> change_status(Subject& subject, cache::StatusChange change);
    awaitable<void> turn_off(Subject& subject, cache::StatusChange change);
    awaitable<bool> pause(
        Worker& worker, async::Clock::Duration wait, std::uint64_t version, Subject const* beating = nullptr
    );
    awaitable<bool> pause_until_news(
        Worker& worker, Subject& subject, async::Clock::Duration wait, async::Clock::Duration least
    );
    awaitable<void> rest_after_storage_failure(Worker const& worker, Failure const& failure);

    async::Clock& clock_;
    storage::Storage& storage_;
    RestHookSender& sender_;
    SocketHub& hub_;
    Heartbeats& heartbeats_;
    subscriptions::Rules const& rules_;
    Settings const& settings_;
    std::function<void(std::string const& id)> ended_;
    Logger logger_;
    DeliveryMetrics& metrics_;
    async::Jitter jitter_;
    bool closing_ = false;
    std::unordered_map<std::string, std::unique_ptr<Worker>> workers_;
    async::TaskGroup tasks_;  ///< last
};

}  // namespace tributary::delivery
