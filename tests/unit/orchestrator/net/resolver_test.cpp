#include "orchestrator/net/resolver.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <string>

#include "tests/support/async.hpp"

namespace tributary::net {

namespace {

using namespace std::chrono_literals;
using async::Deadline;

Addresses const kSome(1, boost::asio::ip::make_address("192.0.2.1"));

/// Name servers of which those of slow… do not answer before they are let go.
struct ResolverFixture {
    ResolverFixture() {
        auto look_up = [this](std::string const& host) -> Result<Addresses> {
            if (host.starts_with("slow")) go_on.wait();
            ++lookups;
            if (host.starts_with("unknown")) return Failure(Errc::dns, host + ": no address");
            return kSome;
        };
        resolver.emplace(ctx.get_executor(), clock, 60s, look_up);
    }
    Deadline in(std::chrono::steady_clock::duration time) const { return Deadline::after(clock, time); }

    std::promise<void> let_go;
    std::shared_future<void> go_on = let_go.get_future().share();
    std::atomic<int> lookups = 0;
    boost::asio::io_context ctx;
    async::SystemClock clock;
    std::optional<Resolver> resolver;
};

}  // namespace

TEST_CASE_METHOD(ResolverFixture, "names whose servers do not answer hold up no other name", "[net][dns]") {
    auto ask = [&](std::string host, Deadline deadline) -> awaitable<void> {
        auto const found = co_await resolver->resolve(deadline, std::move(host));
        CHECK_FALSE(found.has_value());
    };
    auto fast = [&]() -> awaitable<void> {
        auto const found = co_await resolver->resolve(in(60s), std::string("fast.example"));
        CHECK(found.has_value());
        CHECK(found.value() == kSome);
        CHECK(lookups == 1);
        let_go.set_value();
    };
    async::Root first(ctx), second(ctx), third(ctx);
    first.start(ask("slow1.example", in(1ms)));
    second.start(ask("slow2.example", in(1ms)));
    third.start(fast());
    ctx.run();
    CHECK(first.succeeded());
    CHECK(second.succeeded());
    CHECK(third.succeeded());
    CHECK(lookups == 3);
}

TEST_CASE_METHOD(ResolverFixture, "a name is looked up once for all who ask at the same time", "[net][dns]") {
    auto ask = [&]() -> awaitable<void> {
        auto const found = co_await resolver->resolve(in(60s), std::string("slow.example"));
        CHECK(found.has_value());
    };
    async::Root first(ctx), second(ctx);
    first.start(ask());
    second.start(ask());
    let_go.set_value();
    ctx.run();
    CHECK(first.succeeded());
    CHECK(second.succeeded());
    CHECK(lookups == 1);
}

TEST_CASE_METHOD(ResolverFixture, "a name without an address is told, and asked for again", "[net][dns]") {
    auto ask = [&]() -> awaitable<void> {
        auto const found = co_await resolver->resolve(in(60s), std::string("unknown.example"));
        CHECK_FALSE(found.has_value());
        CHECK(found.error().errc() == Errc::dns);
    };
    for (int time = 1; time <= 2; ++time) {
        async::Root root(ctx);
        root.start(ask());
        ctx.restart();
        ctx.run();
        CHECK(root.succeeded());
        CHECK(lookups == time);
    }
}

}  // namespace tributary::net
