#include "orchestrator/partner/request_turns.hpp"

#include <string>
#include <vector>

#include "tests/support/async.hpp"

namespace tributary::partner {

using namespace std::chrono_literals;
using async::Deadline;

namespace {

struct TurnsFixture : async::Fixture {
    RequestTurns turns{clock, 2};
    std::vector<std::string> sent;  // "a 500"
    std::vector<Errc> refused;

    async::awaitable<void> send(std::string name, int times, Deadline deadline = Deadline::never()) {
        for (int i = 0; i < times; ++i) {
            auto const turn = co_await turns.take(deadline);
            if (turn) {
                auto const at = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed()).count();
                sent.push_back(name + ' ' + std::to_string(at));
            } else {
                refused.push_back(turn.error().errc());
            }
        }
    }
};

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(TurnsFixture, "requests go out one by one, first come, first served", "[partner][rate]") {
    async::Root other(ctx);
    root.start(send("a", 3));
    other.start(send("b", 2));
    clock.advance(ctx, 5s);
    CHECK(sent == Sent{"a 0", "a 500", "b 1000", "a 1500", "b 2000"});
    CHECK(root.succeeded());
    CHECK(other.succeeded());
}

TEST_CASE_METHOD(
    TurnsFixture, "a request whose turn would come too late is refused at once", "[partner][rate]"
) {
    root.start(send("a", 2, Deadline::after(clock, 400ms)));
    settle();
    CHECK(sent == Sent{"a 0"});
    CHECK(refused == std::vector{Errc::throttled});
    CHECK(root.succeeded());
}

TEST_CASE_METHOD(TurnsFixture, "a request that is cancelled leaves its turn to the next", "[partner][rate]") {
    async::Root other(ctx);
    root.start(send("a", 2));
    other.start(send("b", 1));
    settle();
    root.cancel();
    settle();
    CHECK(root.cancelled());
    clock.advance(ctx, 500ms);
    CHECK(sent == Sent{"a 0", "b 500"});
    CHECK(other.succeeded());
}

TEST_CASE_METHOD(
    TurnsFixture, "a Step that was started need not wait behind requests of others", "[partner][rate]"
) {
    async::Root other(ctx);
    root.start(send("a", 2));
    clock.advance(ctx, 499ms);
    turns.rate().step_started(clock.now());  // as if its turn had come before that of a
    other.start(send("b", 1));
    settle();
    CHECK(sent == Sent{"a 0", "b 499"});
    clock.advance(ctx, 500ms);
    CHECK(sent == Sent{"a 0", "b 499", "a 999"});
    CHECK(root.succeeded());
}

}  // namespace tributary::partner
