#include "orchestrator/net/resolver.hpp"

#include <algorithm>
#include <map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "orchestrator/async/one_shot.hpp"
#include "orchestrator/async/with_deadline.hpp"

namespace tributary::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMostNames = 4096;
constexpr int kStaleLives = 10;  // so many lives old addresses are still better than none
constexpr std::size_t kLookupsAtOnce = 8;

using Answer = async::OneShot<Result<Addresses>>;

}  // namespace

struct Resolver::State {
    struct Entry {
        Addresses addresses;
        async::Clock::TimePoint learned;
        std::shared_ptr<Answer> lookup;  // empty: none under way
    };

    State(asio::any_io_executor ex, async::Clock& c, std::chrono::seconds l, LookUp look_up_name)
        : loop(std::move(ex)), clock(c), life(l), look_up_host(std::move(look_up_name)) {}

    /// The lookup keeps the state and the loop alive until it has ended; the state is let go on the loop, as its threads cannot join themselves.
    static std::shared_ptr<Answer> look_up(std::shared_ptr<State> const& state, std::string const& host) {
        Entry& entry = state->names[host];
        if (entry.lookup) return entry.lookup;
        entry.lookup = std::make_shared<Answer>();
        auto work = [state = state, host, loop_runs = asio::make_work_guard(state->loop)]() mutable {
            auto& self = *state;
            auto done = [state = std::move(state), host, found = self.look_up_host(host)]() mutable {
                state->finish(host, std::move(found));
            };
            asio::post(loop_runs.get_executor(), std::move(done));
        };
        asio::post(state->threads, std::move(work));
        return entry.lookup;
    }

    void finish(std::string const& host, Result<Addresses> found) {
        Entry& entry = names[host];
        auto const lookup = std::exchange(entry.lookup, nullptr);
        if (found) {
            entry.addresses = *found;
            entry.learned = clock.now();
        } else if (entry.addresses.empty()) {
            names.erase(host);
        }
        lookup->set(std::move(found));
    }

    /// Drops what nobody has looked up lately, so that names chosen by others cannot fill the memory.
    void make_room() {
        if (names.size() < kMostNames) return;
        std::erase_if(names, [this](auto const& named) {
            return !named.second.lookup && clock.now() - named.second.learned > life;
        });
    }

    asio::any_io_executor loop;
    async::Clock& clock;
    std::chrono::seconds life;
    LookUp look_up_host;
    std::map<std::string, Entry> names;
    asio::thread_pool threads{kLookupsAtOnce};  // last
};

Result<Addresses> system_addresses(std::string const& host) {
    asio::io_context unused;
    tcp::resolver resolver(unused);
    error_code code;
    Addresses addresses;
    for (auto const& result : resolver.resolve(host, "", tcp::resolver::flags(), code)) {
        auto const address = result.endpoint().address();
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
            addresses.push_back(address);
    }
    if (addresses.empty()) return Failure(Errc::dns, host + ": " + (code ? code.message() : "no address"));
    return addresses;
}

Resolver::Resolver(asio::any_io_executor ex, async::Clock& clock, std::chrono::seconds life, LookUp look_up)
    : state_(std::make_shared<State>(std::move(ex), clock, life, std::move(look_up))) {}

Resolver::~Resolver() = default;

awaitable<Result<Addresses>> Resolver::resolve(async::Deadline deadline, std::string host) {
    error_code no_literal;
    auto const literal = asio::ip::make_address(host, no_literal);
    if (!no_literal) co_return Addresses(1, literal);
    auto const state = state_;
    if (auto const known = state->names.find(host);
        known != state->names.end() && !known->second.addresses.empty()) {
        auto const age = state->clock.now() - known->second.learned;
        Addresses addresses = known->second.addresses;
        if (age > state->life) (void)State::look_up(state, host);
        if (age <= state->life * kStaleLives) co_return addresses;
    }
    state->make_room();
    if (state->names.size() >= kMostNames)
        co_return Failure(Errc::throttled, "too many names are being looked up");
    auto const answer = State::look_up(state, host);
    auto wait = answer->wait();
    co_return co_await async::with_deadline(state->clock, deadline, std::move(wait));
}

void Resolver::forget(std::string const& host) {
    auto const known = state_->names.find(host);
    if (known != state_->names.end()) known->second.addresses.clear();
}

}  // namespace tributary::net
