#include "orchestrator/delivery/socket_hub.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/delivery/socket_binding.hpp"
#include "subscriptions/delivery_decision.hpp"
#include "subscriptions/dialect.hpp"
#include "subscriptions/socket_command.hpp"

namespace tributary::delivery {

namespace {

using namespace std::chrono_literals;
using subscriptions::SocketCommand;

constexpr char kScope[] = "";
constexpr auto kStallLimit = 10s;
constexpr auto kStorageRest = 1s;
constexpr std::size_t kLargestWindow = 256 * 1024;
constexpr std::size_t kMessageOverhead = 128;  // what the buffer of a socket holds beside the text
constexpr std::size_t kSlice = 32;
constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max();

// A refused bind is told the same for whatever reason: nobody learns which ids exist.
constexpr char kRefused[] = "Invalid bind request";

}  // namespace

/// Ends the bindings of a socket, however it ends.
class SocketHub::Registration {
public:
    Registration(SocketHub& hub, Socket& socket) : hub_(hub), socket_(socket) {}
    Registration(Registration const&) = delete;
    Registration& operator=(Registration const&) = delete;
    ~Registration() {
        while (!socket_.bindings.empty()) hub_.release(socket_, std::string(socket_.bindings.begin()->first));
        hub_.schedule(socket_, async::Clock::TimePoint::max());
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
        watch(socket);
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
                co_await bind_with_token(socket, std::move(command.argument), false);
                break;
            case SocketCommand::Type::json_bind:
                if (settings_.json_dialect)
                    co_await bind_with_token(socket, std::move(command.argument), true);
                break;
            case SocketCommand::Type::json_unbind:
                unbind_from_token(socket, command.argument);
                break;
            case SocketCommand::Type::json_ping:
                if (settings_.json_dialect) (void)send(socket, std::string(subscriptions::kDialectPong));
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
    auto plan = subscriptions::stored_plan(found.record.resource, rules_);
    bool const usable = plan && plan->channel.type == subscriptions::ChannelType::websocket &&
                        (!plan->end || *plan->end > clock_.utc_now());
    if (!usable) return std::nullopt;
    return std::move(*plan);
}

/// How it is bound is stored before the client is told: a crash forgets none. Who binds by text keeps his Subscription; clients of the dialect make new
/// ones. Errors: storage.
awaitable<Result<cache::FoundSubscription>> SocketHub::find_to_bind(std::string id, bool dialect) {
    auto found = co_await storage_.read_subscription(kScope, id);
    if (!found) co_return found;
    auto const plan = usable_plan(*found);
    auto const how = dialect ? cache::BoundBy::dialect : cache::BoundBy::text;
    if (!plan || plan->kind != subscriptions::Kind::classic || how <= found->record.bound_by) co_return found;
    auto const marked = co_await storage_.mark_bound(id, how);
    if (!marked) co_return marked.error();
    co_return co_await storage_.read_subscription(kScope, id);
}

awaitable<void> SocketHub::bind(Socket& socket, std::string id) {
    auto const found = co_await find_to_bind(id, false);
    if (!found) {
        socket.session.close(kTryAgain, "Try again later");
        co_return;
    }
    auto const plan = usable_plan(*found);
    if (!plan || plan->kind != subscriptions::Kind::classic) {
        socket.session.close(kProtocolError, kRefused);
        co_return;
    }
    Terms terms;
    welcome(socket, found->record, *plan, terms);
}

awaitable<void> SocketHub::bind_with_token(Socket& socket, std::string token, bool dialect) {
    bool useful = false;
    if (auto grant = tokens_.redeem(token)) {
        Terms terms;
        terms.expires =
            clock_.now() +
            std::chrono::duration_cast<async::Clock::Duration>(grant->expiration - clock_.utc_now());
        terms.dialect = dialect;
        if (dialect) terms.token = hex(sha256(token));
        for (auto const& id : grant->subscriptions) {
            if (!co_await wait_for_room(socket, 0)) co_return;
            auto const found = co_await find_to_bind(id, dialect);
            if (!found) {
                tokens_.give_back(token, std::move(*grant));
                socket.session.close(kTryAgain, "Try again later");
                co_return;
            }
            auto const plan = usable_plan(*found);
            if (!plan) continue;
            welcome(socket, found->record, *plan, terms);
            useful = true;
        }
    }
    // A client of the dialect would wait for a handshake for ever.
    if (!useful && (dialect || socket.bindings.empty())) socket.session.close(kPolicy, "Invalid token");
}

/// A token that was not used here is none of our business: clients tell of old ones on new sockets.
void SocketHub::unbind_from_token(Socket& socket, std::string const& token) {
    auto const hash = hex(sha256(token));
    std::vector<std::string> bound;
    for (auto const& [id, binding] : socket.bindings) {
        if (binding->dialect && binding->token == hash) bound.push_back(id);
    }
    for (auto const& id : bound) release(socket, id);
}

void SocketHub::welcome(
    Socket& socket,
    cache::SubscriptionRecord const& record,
    subscriptions::Plan const& plan,
    Terms const& terms
) {
    auto& binding = socket.bindings[record.id];
    bool const fresh = binding == nullptr;
    if (fresh) {
        binding = std::make_shared<Binding>();
        binding->cursor = handed_over(record);
        by_subscription_[record.id].insert(&socket);
        metrics_.bound.add(1);
    }
    binding->header.subscription_id = record.id;
    binding->dialect = terms.dialect;
    binding->token = terms.token;
    binding->follow(plan, settings_.base, rules_);
    binding->expires = terms.expires;
    binding->last_sent = clock_.now();
    note_binding(*binding, record);
    binding->retired = false;
    watch(socket);
    bool open = false;
    if (binding->is_pinged()) {
        open = send(socket, "bound " + record.id);
        if (open && fresh && record.events > binding->cursor) {
            open = send_numbered(socket, record.id, record.events, clock_.utc_now(), "ping " + record.id);
            binding->cursor = record.events;
        }
    } else {
        open = shake_hands(socket, *binding, record);
    }
    if (plan.kind == subscriptions::Kind::topic && plan.channel.heartbeat_period)
        heartbeats_.watch(record.id, *plan.channel.heartbeat_period);
    if (open) start_feeding(socket, binding);
}

bool SocketHub::shake_hands(Socket& socket, Binding& binding, cache::SubscriptionRecord const& record) {
    auto header = binding.header;
    header.status = record.status;
    header.events_since_start = record.events;
    subscriptions::NotificationIds const ids{random_uuid(), random_uuid()};
    return send_to(socket, binding, subscriptions::handshake_bundle(header, ids, clock_.utc_now()));
}

void SocketHub::note_binding(Binding& binding, cache::SubscriptionRecord const& record) {
    if (binding.kind != subscriptions::Kind::classic) return;
    binding.left_behind = binding.dialect && record.bound_by != cache::BoundBy::text;
    dialect_watch_.bound(record.id);
}

void SocketHub::release(Socket& socket, std::string const& subscription) {
    auto const bound = socket.bindings.find(subscription);
    if (bound == socket.bindings.end()) return;
    bool const left_behind = bound->second->left_behind;
    socket.bindings.erase(bound);
    metrics_.bound.add(-1);
    auto const found = by_subscription_.find(subscription);
    found->second.erase(&socket);
    if (found->second.empty()) {
        by_subscription_.erase(found);
        heartbeats_.forget(subscription);
        if (left_behind) dialect_watch_.left(subscription);
    }
    if (socket.bindings.empty()) socket.unbound_since = clock_.now();
    watch(socket);
}

void SocketHub::refresh(std::string const& subscription, subscriptions::Plan const& plan) {
    auto const found = by_subscription_.find(subscription);
    if (found == by_subscription_.end()) return;
    for (Socket* const socket : found->second) {
        socket->bindings.at(subscription)->follow(plan, settings_.base, rules_);
    }
}

void SocketHub::replace(cache::SubscriptionRecord const& record, subscriptions::Plan const& plan) {
    bool const for_sockets = record.status == subscriptions::Status::active &&
                             plan.channel.type == subscriptions::ChannelType::websocket;
    bool bound = false;
    for (Socket* const socket : sockets_of(record.id)) {
        auto const binding = socket->bindings.at(record.id);
        if (!for_sockets || binding->retired || binding->kind != plan.kind) {
            end(*socket, record.id);
            continue;
        }
        bound = true;
        binding->follow(plan, settings_.base, rules_);
        if (!binding->is_pinged()) (void)shake_hands(*socket, *binding, record);
    }
    if (bound && plan.kind == subscriptions::Kind::topic && plan.channel.heartbeat_period)
        heartbeats_.watch(record.id, *plan.channel.heartbeat_period);
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
    if (binding.dialect) text = subscriptions::dialect_form(text);
    return send(socket, std::move(text));
}

void SocketHub::beat(cache::SubscriptionRecord const& record) {
    for (Socket* const socket : sockets_of(record.id)) {
        auto& binding = *socket->bindings.at(record.id);
        if (binding.silent(clock_.utc_now())) continue;
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

void SocketHub::feed(cache::FreshEvents const& fresh) {
    for (Socket* const socket : sockets_of(fresh.subscription.id)) {
        auto const binding = socket->bindings.at(fresh.subscription.id);
        for (auto const& event : fresh.events) {
            bool const next = binding->takes_now(event.number, clock_.utc_now());
            auto text = next ? text_of(*binding, event) : std::string();
            if (!next || !has_room(*socket, text.size())) {
                start_feeding(*socket, binding);
                break;
            }
            if (!send_event(*socket, *binding, event, std::move(text))) break;
        }
    }
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
        auto text = text_of(*binding, event);
        while (!has_room(socket, text.size())) {
            if (!co_await wait_for_room(socket, text.size())) co_return false;
            text = text_of(*binding, event);  // what is told may have been changed meanwhile
        }
        auto const bound = socket.bindings.find(binding->subscription());
        if (bound == socket.bindings.end() || bound->second != binding || binding->silent(clock_.utc_now()))
            co_return false;
        if (!send_event(socket, *binding, event, std::move(text))) co_return false;
    }
    co_return !events->empty();
}

std::string SocketHub::text_of(Binding const& binding, cache::EventRecord const& event) const {
    auto text = binding.is_pinged() ? "ping " + binding.subscription() : event_text(binding.header, event);
    return binding.dialect ? subscriptions::dialect_form(text) : text;
}

/// False: the socket is closed.
bool SocketHub::send_event(
    Socket& socket, Binding& binding, cache::EventRecord const& event, std::string text
) {
    if (!send_numbered(socket, binding.subscription(), event.number, event.at, std::move(text))) return false;
    binding.cursor = event.number;
    binding.last_sent = clock_.now();
    return true;
}

/// Less than the buffer of the socket holds, so that what cannot wait (handshakes, heartbeats) still fits. A message longer than the window goes alone.
bool SocketHub::has_room(Socket const& socket, std::size_t bytes) const {
    auto const window = std::min(kLargestWindow, settings_.websocket_send_buffer / 4);
    auto const unsent = socket.window->bytes;
    return unsent == 0 || unsent + bytes + kMessageOverhead <= window;
}

/// A backlog goes out at the reader's pace; a reader that takes nothing for long is closed. False: the socket is closed.
awaitable<bool> SocketHub::wait_for_room(Socket& socket, std::size_t bytes) {
    while (!has_room(socket, bytes) && socket.session.open()) {
        auto room = socket.window->room.wait();
        auto const limit = async::Deadline::after(clock_, kStallLimit);
        auto const taken = co_await async::with_deadline(clock_, limit, std::move(room));
        if (!taken) socket.session.close(kTryAgain, "Reading too slowly");
    }
    co_return socket.session.open();
}

/// Whatever is sent counts, and makes room when it is written.
bool SocketHub::send(Socket& socket, std::string text, std::function<void()> written) {
    auto const cost = text.size() + kMessageOverhead;
    socket.window->bytes += cost;
    auto took = [window = socket.window, cost, told = std::move(written)] {
        window->bytes -= cost;
        window->room.close_all();
        if (told) told();
    };
    return socket.session.send(std::move(text), std::move(took));
}

bool SocketHub::send_numbered(
    Socket& socket, std::string const& subscription, std::int64_t number, cache::Utc at, std::string text
) {
    auto written = [this, subscription, number, at] { delivered(subscription, number, at); };
    return send(socket, std::move(text), std::move(written));
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
        auto const recorded = co_await storage_.record_delivery(subscription, number, clock_.utc_now());
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
