#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/async/bounded_queue.hpp"
#include "orchestrator/net/http_server.hpp"
#include "tests/bench/http_bench.hpp"

namespace tributary::bench {

using TimePoint = std::chrono::steady_clock::time_point;

/// How an endpoint takes its notifications. Handshakes succeed.
enum class Manner { answers, fails, hangs };

/// What surrounds a server with many Subscriptions: one partner, which knows a patient for each member and lists one more of his documents whenever it is
/// told to, by answering the request for the next page that it has held back until then; and as many REST-hook endpoints, each on a loopback address
/// and thus an origin of its own. Of patients who are no member the partner knows nothing.
/// Owner: main; outlives the tasks that use it. Thread: the loop.
class CrowdStage {
public:
    CrowdStage(HttpBench& bench, std::uint16_t port);
    CrowdStage(CrowdStage const&) = delete;

    /// Errors: connect.
    Result<void> listen();
    awaitable<void> drain(async::Deadline deadline) { return server_.drain(deadline); }

    /// Given and family name of a further member. At most 60,000.
    std::string add();
    std::size_t size() const { return members_.size(); }
    std::string endpoint(std::size_t member) const;
    void behave(std::size_t member, Manner manner) { members_[member]->manner = manner; }
    Manner manner(std::size_t member) const { return members_[member]->manner; }

    /// The partner has one more document of this member's patient, from now on.
    void publish(std::size_t member);
    /// Requests for a page that the partner holds back now.
    std::size_t held() const { return held_; }
    /// Requests that were left to hang, or answered with 500, so far.
    std::size_t hanging() const { return hanging_; }
    std::size_t refused() const { return refused_; }

    /// From publish() until the notification had been read whole at an endpoint that answers.
    struct Arrival {
        std::size_t member;
        double microseconds;
    };
    /// Since they were taken last.
    std::vector<Arrival> take_arrivals() { return std::exchange(arrivals_, {}); }
    /// Notifications published to endpoints that answer, and not yet there.
    std::size_t outstanding() const;

private:
    struct Member {
        explicit Member(std::size_t index) : number(index) {}
        std::size_t number;
        Manner manner = Manner::answers;
        std::size_t documents = 0;                 ///< listed so far
        async::BoundedQueue<TimePoint> pages{64};  ///< to be listed, since when
        std::deque<TimePoint> published;           ///< of which nothing has arrived
    };

    Member* find(std::string_view name);
    std::string partner_base() const;
    awaitable<net::ServerResponse> handle(net::ServerRequest request);
    awaitable<net::ServerResponse> receive(net::ServerRequest request);
    awaitable<net::ServerResponse> next_page(std::string name);
    net::ServerResponse patient(std::string const& asked);

    async::Clock& clock_;
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<Arrival> arrivals_;
    std::size_t held_ = 0, hanging_ = 0, refused_ = 0;
    net::HttpServer server_;
};

}  // namespace tributary::bench
