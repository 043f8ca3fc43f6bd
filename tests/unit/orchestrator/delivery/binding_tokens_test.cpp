#include "orchestrator/delivery/binding_tokens.hpp"

#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"

namespace tributary::delivery {

using namespace std::chrono_literals;

TEST_CASE("a token is redeemed once, for what it was made for", "[delivery][token]") {
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min);
    auto const made = tokens.make({"s1", "s2"});
    CHECK(made.expiration == clock.utc_now() + 30min);
    auto const grant = tokens.redeem(made.token);
    REQUIRE(grant.has_value());
    CHECK(grant->subscriptions == std::vector<std::string>{"s1", "s2"});
    CHECK(grant->expiration == made.expiration);
    CHECK_FALSE(tokens.redeem(made.token).has_value());
}

TEST_CASE("a token that could not be used is given back, until it expires", "[delivery][token]") {
    boost::asio::io_context ctx;
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min);
    auto const made = tokens.make({"s1"});
    tokens.give_back(made.token, *tokens.redeem(made.token));
    auto again = tokens.redeem(made.token);
    REQUIRE(again.has_value());
    CHECK(again->subscriptions == std::vector<std::string>{"s1"});
    clock.advance(ctx, 31min);
    CHECK_FALSE(tokens.redeem("other").has_value());
    tokens.give_back(made.token, std::move(*again));
    CHECK(tokens.size() == 0);
}

TEST_CASE("tokens are long, different, and fit into one word of a command", "[delivery][token]") {
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min);
    auto const one = tokens.make({"s1"}).token;
    CHECK(one != tokens.make({"s1"}).token);
    CHECK(one.size() >= 22);  // 128 bits
    CHECK(one.find_first_of(" +/=\n") == one.npos);
}

TEST_CASE("a token that was not given is refused", "[delivery][token]") {
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min);
    auto const made = tokens.make({"s1"});
    CHECK_FALSE(tokens.redeem("").has_value());
    CHECK_FALSE(tokens.redeem(made.token + "A").has_value());
    CHECK(tokens.redeem(made.token).has_value());
}

TEST_CASE("an expired token is refused and forgotten", "[delivery][token]") {
    boost::asio::io_context ctx;
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min);
    auto const made = tokens.make({"s1"});
    clock.advance(ctx, 30min);
    CHECK_FALSE(tokens.redeem(made.token).has_value());
    CHECK(tokens.size() == 0);
}

TEST_CASE("above the bound the oldest token is forgotten", "[delivery][token]") {
    async::ManualClock clock;
    BindingTokens tokens(clock, 30min, 2);
    auto const first = tokens.make({"s1"}).token;
    auto const second = tokens.make({"s2"}).token;
    auto const third = tokens.make({"s3"}).token;
    CHECK(tokens.size() == 2);
    CHECK_FALSE(tokens.redeem(first).has_value());
    CHECK(tokens.redeem(second).has_value());
    CHECK(tokens.redeem(third).has_value());
}

}  // namespace tributary::delivery
