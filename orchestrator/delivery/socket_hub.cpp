#include "orchestrator/delivery/socket_hub.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "fhir/json/reader.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/delivery/event_text.hpp"
#include "subscriptions/delivery_decision.hpp"
#include "subscriptions/socket_command.hpp"

namespace tributary::delivery {

namespace {

using namespace std::chrono_literals;
using subscriptions::SocketCommand;

constexpr char kScope[] = "";
constexpr auto kUnboundLimit = 30s;
constexpr auto kStallLimit = 10s;
constexpr auto kStorageRest = 1s;
constexpr std::size_t kWindow = 256 * 1024;
constexpr std::size_t kSlice = 32;
constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max();

// Close codes of RFC 6455. A refused bind is told the same for whatever reason: nobody learns which ids exist.
constexpr std::uint16_t kNormal = 1000, kProtocolError = 1002, kPolicy = 1008, kTryAgain = 1013;
constexpr char kRefused[] = "Invalid bind request";

}  // namespace

/// One Subscription on one socket.
struct SocketHub::Binding {
    subscriptions::StatusHeader header;
    subscriptions::Kind kind = subscriptions::Kind::classic;
    std::int64_t cursor = 0;  ///< the highest number sent here
    async::Clock::TimePoint expires;
    async::Clock::TimePoint last_sent;
    bool feeding = false, again = false;
    bool told_of_end = false;  ///< gets a frame when the Subscription is off
    bool retired = false;      ///< and it is off

    std::string const& subscription() const { return header.subscription_id; }
};

/// Bytes queued at a socket that it has not taken yet. Shared with what is told when it takes them.
struct SocketHub::Window {
    std::size_t bytes = 0;
    async::WaitList room;
};

struct SocketHub::Socket {
    Socket(net::WebSocketSession& opened, async::Clock::TimePoint now)
        : session(opened), unbound_since(now) {}

    net::WebSocketSession& session;
    std::map<std::string, std::shared_ptr<Binding>> bindings;
    std::shared_ptr<Window> window = std::make_shared<Window>();
    async::Clock::TimePoint unbound_since;
    async::WaitList changed;  ///< bindings came, went or got another end
    async::TaskGroup* group = nullptr;
};

/// Ends the bindings of a socket, however it ends.
class SocketHub::Registration {
public:
    Registration(SocketHub& hub, Socket& socket) : hub_(hub), socket_(socket) {}
    Registration(Registration const&) = delete;
    Registration& operator=(Registration const&) = delete;
    ~Registration() {
        while (!socket_.bindings.empty()) hub_.release(socket_, std::string(socket_.bindings.begin()->first));
    }

private:
    SocketHub& hub_;
    Socket& socket_;
};

SocketHub::SocketHub(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    storage::Storage& storage,
    BindingTokens& tokens,
    Heartbeats& heartbeats,
    subscriptions::Rules const& rules,
    Settings const& settings,
    Logger logger,
    DeliveryMetrics& metrics
)
    : clock_(clock),
      storage_(storage),
      tokens_(tokens),
      heartbeats_(heartbeats),
      rules_(rules),
      settings_(settings),
      logger_(logger),
      metrics_(metrics),
      tasks_(std::move(ex), [logger](std::string_view task, std::exception_ptr error) {
          logger.bug(task, error);
      }) {}

awaitable<void> SocketHub::serve(net::WebSocketSession& session) {
    Socket socket(session, clock_.now());
    Registration const registered(*this, socket);
    auto body = [this, &socket](async::TaskGroup& group) -> awaitable<void> {
        socket.group = &group;
        if (!group.spawn("socket watch", watch(socket))) co_return;
        co_await read_commands(socket);
        group.cancel();
    };
    async::TaskGroup::FailureHandler report = [this](std::string_view task, std::exception_ptr error) {
        logger_.bug(task, error);
    };
    co_await async::with_group(std::move(report), std::ref(body));
}

awaitable<void> SocketHub::read_commands(Socket& socket) {
    while (true) {
        auto const text = co_await socket.session.read();
        if (!text) co_return;
        auto command = subscriptions::read_socket_command(*text);
        switch (command.type) {
            case SocketCommand::Type::bind:
                co_await bind(socket, std::move(command.argument));
                break;
            case SocketCommand::Type::bind_with_token:
                co_await bind_with_token(socket, std::move(command.argument));
                break;
            case SocketCommand::Type::malformed:
                socket.session.close(kProtocolError, kRefused);
                break;
            case SocketCommand::Type::ignored:
                break;
        }
    }
}

// Binding -------------------------------------------------------------------------------------------------

std::optional<subscriptions::Plan> SocketHub::usable_plan(cache::FoundSubscription const& found) const {
    if (found.presence != cache::Presence::found || found.record.status != subscriptions::Status::active)
        return std::nullopt;
    auto const resource = fhir::json::read(found.record.resource);
    if (!resource) return std::nullopt;
    auto plan = subscriptions::read_plan(*resource, rules_);
    bool const usable = plan && plan->channel.type == subscriptions::ChannelType::websocket &&
                        (!plan->end || *plan->end > clock_.utc_now());
    if (!usable) return std::nullopt;
    return std::move(*plan);
}

awaitable<void> SocketHub::bind(Socket& socket, std::string id) {
    auto const found = co_await storage_.read_subscription(kScope, id);
    if (!found) {
        socket.session.close(kTryAgain, "Try again later");
        co_return;
    }
    auto const plan = usable_plan(*found);
    if (!plan || plan->kind != subscriptions::Kind::classic) {
        socket.session.close(kProtocolError, kRefused);
        co_return;
    }
    welcome(socket, found->record, *plan, async::Clock::TimePoint::max());
}

awaitable<void> SocketHub::bind_with_token(Socket& socket, std::string token) {
    if (auto const grant = tokens_.redeem(token)) {
        auto const expires =
            clock_.now() +
            std::chrono::duration_cast<async::Clock::Duration>(grant->expiration - clock_.utc_now());
        for (auto const& id : grant->subscriptions) {
            auto const found = co_await storage_.read_subscription(kScope, id);
            auto const plan = found ? usable_plan(*found) : std::nullopt;
            if (plan) welcome(socket, found->record, *plan, expires);
        }
    }
    if (socket.bindings.empty()) socket.session.close(kPolicy, "Invalid token");
}

void SocketHub::welcome(
    Socket& socket,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    async::Clock::TimePoint expires
) {
    auto& binding = socket.bindings[record.id];
    bool const fresh = binding == nullptr;
    if (fresh) {
        binding = std::make_shared<Binding>();
        binding->cursor = handed_over(record);
        by_subscription_[record.id].insert(&socket);
        metrics_.bound.add(1);
    }
    binding->header = status_header(settings_.base, record.id, plan);
    binding->kind = plan.kind;
    binding->expires = expires;
    binding->last_sent = clock_.now();
    binding->told_of_end = subscriptions::tells_of_deactivation(plan, rules_);
    binding->retired = false;
    socket.changed.close_all();
    bool open = false;
    if (plan.kind == subscriptions::Kind::classic) {
        open = socket.session.send("bound " + record.id);
        if (open && fresh && record.events > binding->cursor) {
            open = send_numbered(socket, record.id, record.events, clock_.utc_now(), "ping " + record.id);
            binding->cursor = record.events;
        }
    } else {
        auto header = binding->header;
        header.status = record.status;
        header.events_since_start = record.events;
        subscriptions::NotificationIds const ids{random_uuid(), random_uuid()};
        open = socket.session.send(subscriptions::handshake_bundle(header, ids, clock_.utc_now()));
    }
    if (plan.kind == subscriptions::Kind::topic && plan.channel.heartbeat_period)
        heartbeats_.watch(record.id, *plan.channel.heartbeat_period);
    if (open) start_feeding(socket, binding);
}

void SocketHub::release(Socket& socket, std::string const& subscription) {
    if (socket.bindings.erase(subscription) == 0) return;
    metrics_.bound.add(-1);
    auto const found = by_subscription_.find(subscription);
    found->second.erase(&socket);
    if (found->second.empty()) {
        by_subscription_.erase(found);
        heartbeats_.forget(subscription);
    }
    if (socket.bindings.empty()) socket.unbound_since = clock_.now();
    socket.changed.close_all();
}

awaitable<void> SocketHub::watch(Socket& socket) {
    while (socket.session.open()) {
        auto due = socket.unbound_since + kUnboundLimit;
        if (!socket.bindings.empty()) due = async::Clock::TimePoint::max();
        for (auto const& [id, binding] : socket.bindings) due = std::min(due, binding->expires);
        auto change = socket.changed.wait();
        auto const changed =
            co_await async::with_deadline(clock_, async::Deadline::at(due), std::move(change));
        if (changed) continue;
        if (socket.bindings.empty()) {
            socket.session.close(kPolicy, "Nothing is bound");
            co_return;
        }
        std::vector<std::string> expired;
        for (auto const& [id, binding] : socket.bindings) {
            if (binding->expires <= clock_.now()) expired.push_back(id);
        }
        for (auto const& id : expired) release(socket, id);
    }
}

void SocketHub::refresh(std::string const& subscription, subscriptions::Plan const& plan) {
    auto const found = by_subscription_.find(subscription);
    if (found == by_subscription_.end()) return;
    for (Socket* const socket : found->second) {
        auto& binding = *socket->bindings.at(subscription);
        binding.header = status_header(settings_.base, subscription, plan);
        binding.kind = plan.kind;
        binding.told_of_end = subscriptions::tells_of_deactivation(plan, rules_);
    }
}

std::vector<SocketHub::Socket*> SocketHub::sockets_of(std::string const& subscription) const {
    auto const found = by_subscription_.find(subscription);
    if (found == by_subscription_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

std::optional<async::Clock::TimePoint> SocketHub::silent_since(std::string const& subscription) const {
    std::optional<async::Clock::TimePoint> since;
    for (Socket const* const socket : sockets_of(subscription)) {
        auto const last = socket->bindings.at(subscription)->last_sent;
        since = since ? std::min(*since, last) : last;
    }
    return since;
}

bool SocketHub::send_to(Socket& socket, Binding& binding, std::string text) {
    binding.last_sent = clock_.now();
    return socket.session.send(std::move(text));
}

void SocketHub::beat(cache::SubscriptionRecord const& record) {
    for (Socket* const socket : sockets_of(record.id)) {
        auto& binding = *socket->bindings.at(record.id);
        (void)send_to(*socket, binding, heartbeat_text(binding.header, record, clock_.utc_now()));
    }
}

void SocketHub::retire(std::string const& subscription) {
    for (Socket* const socket : sockets_of(subscription)) {
        auto& binding = *socket->bindings.at(subscription);
        binding.retired = binding.told_of_end;
        if (!binding.retired) end(*socket, subscription);
    }
}

void SocketHub::unbind_retired(std::string const& subscription) {
    for (Socket* const socket : sockets_of(subscription)) {
        if (socket->bindings.at(subscription)->retired) end(*socket, subscription);
    }
}

void SocketHub::tell(cache::SubscriptionRecord const& record, cache::Utc last_event) {
    for (Socket* const socket : sockets_of(record.id)) {
        auto& binding = *socket->bindings.at(record.id);
        (void)send_to(*socket, binding, deactivation_text(binding.header, record, last_event));
    }
}

void SocketHub::unbind(std::string const& subscription) {
    for (Socket* const socket : sockets_of(subscription)) end(*socket, subscription);
}

void SocketHub::end(Socket& socket, std::string const& subscription) {
    release(socket, subscription);
    if (socket.bindings.empty()) socket.session.close(kNormal, "The Subscription has ended");
}

// Feeding -------------------------------------------------------------------------------------------------

void SocketHub::feed(std::string const& subscription) {
    for (Socket* const socket : sockets_of(subscription))
        start_feeding(*socket, socket->bindings.at(subscription));
}

void SocketHub::start_feeding(Socket& socket, std::shared_ptr<Binding> const& binding) {
    binding->again = true;
    if (binding->feeding) return;
    binding->feeding = true;
    if (!socket.group->spawn("socket feed", feed_binding(socket, binding))) binding->feeding = false;
}

awaitable<void> SocketHub::feed_binding(Socket& socket, std::shared_ptr<Binding> binding) {
    while (binding->again) {
        binding->again = false;
        bool more = true;
        while (more) more = co_await send_slice(socket, binding);
    }
    binding->feeding = false;
}

/// True: there may be more.
awaitable<bool> SocketHub::send_slice(Socket& socket, std::shared_ptr<Binding> const& binding) {
    auto const events = co_await storage_.events(binding->subscription(), binding->cursor, kNoEnd, kSlice);
    if (!events) {
        logger_.warning(
            "events not read",
            {{"subscription", binding->subscription()}, {"reason", events.error().detail()}}
        );
        co_await clock_.sleep_for(kStorageRest);
        co_return socket.session.open();
    }
    for (auto const& event : *events) {
        if (!co_await wait_for_room(socket)) co_return false;
        auto const bound = socket.bindings.find(binding->subscription());
        if (bound == socket.bindings.end() || bound->second != binding || binding->retired) co_return false;
        auto text = binding->kind == subscriptions::Kind::classic ? "ping " + binding->subscription()
                                                                  : event_text(binding->header, event);
        if (!send_numbered(socket, binding->subscription(), event.number, event.at, std::move(text)))
            co_return false;
        binding->cursor = event.number;
        binding->last_sent = clock_.now();
    }
    co_return !events->empty();
}

/// A backlog goes out at the reader's pace; a reader that takes nothing for long is closed. False: the socket is closed.
awaitable<bool> SocketHub::wait_for_room(Socket& socket) {
    while (socket.window->bytes > kWindow && socket.session.open()) {
        auto room = socket.window->room.wait();
        auto const limit = async::Deadline::after(clock_, kStallLimit);
        auto const taken = co_await async::with_deadline(clock_, limit, std::move(room));
        if (!taken) socket.session.close(kTryAgain, "Reading too slowly");
    }
    co_return socket.session.open();
}

bool SocketHub::send_numbered(
    Socket& socket, std::string const& subscription, std::int64_t number, cache::Utc at, std::string text
) {
    auto const size = text.size();
    auto written = [this, window = socket.window, subscription, number, at, size] {
        window->bytes -= size;
        window->room.close_all();
        delivered(subscription, number, at);
    };
    socket.window->bytes += size;
    return socket.session.send(std::move(text), std::move(written));
}

// What was delivered ----------------------------------------------------------------------------------------

std::int64_t SocketHub::handed_over(cache::SubscriptionRecord const& record) const {
    auto const written = written_.find(record.id);
    return written == written_.end() ? record.delivered : std::max(record.delivered, written->second);
}

void SocketHub::delivered(std::string const& subscription, std::int64_t number, cache::Utc at) {
    metrics_.socket_delivered.add();
    metrics_.socket_latency.observe(std::chrono::duration<double>(clock_.utc_now() - at).count());
    auto const [entry, first] = written_.try_emplace(subscription, number);
    entry->second = std::max(entry->second, number);
    if (first && !tasks_.spawn("record deliveries", record_deliveries(subscription)))
        written_.erase(subscription);
}

/// While one number is being recorded higher ones may come: they are recorded together.
awaitable<void> SocketHub::record_deliveries(std::string subscription) {
    while (true) {
        auto const number = written_.at(subscription);
        auto const recorded = co_await storage_.record_delivery(subscription, number, 1, clock_.utc_now());
        if (!recorded) {
            logger_.warning(
                "delivery not recorded",
                {{"subscription", subscription}, {"reason", recorded.error().detail()}}
            );
            co_await clock_.sleep_for(kStorageRest);
        } else if (written_.at(subscription) == number) {
            written_.erase(subscription);
            co_return;
        }
    }
}

}  // namespace tributary::delivery
