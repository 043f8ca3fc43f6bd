#include "examples/partner-simulator/behaviour.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "examples/partner-simulator/hash.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr std::uint64_t kSeed = 20260701;

std::string community(int number) {
    auto const digits = std::to_string(number);
    return 'p' + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

std::vector<Behaviour> const& thousand() {
    static auto const behaviours = [] {
        std::vector<Behaviour> drawn;
        for (int i = 1; i <= 1000; ++i) drawn.push_back(draw_behaviour(kSeed, community(i)));
        return drawn;
    }();
    return behaviours;
}

/// Of a thousand communities, how many have the property.
template <class Predicate>
int count(Predicate const& has) {
    return static_cast<int>(std::count_if(thousand().begin(), thousand().end(), has));
}

void check_share(int found, double share) {
    INFO(found << " of 1000, " << share << " expected");
    CHECK(std::abs(found / 1000.0 - share) < 3.3 * std::sqrt(share * (1 - share) / 1000) + .006);
}

}  // namespace

TEST_CASE("a draw is the first eight bytes of SHA-256 over seed and parts", "[simulator]") {
    // printf '7|p001|family' | sha256sum
    CHECK(draw(7, {"p001", "family"}) == Approx(0xea91ac7ap-32).epsilon(1e-6));
    CHECK(draw(7, {"p001", "family"}) != draw(8, {"p001", "family"}));
}

TEST_CASE("normal draws have mean 0 and deviation 1", "[simulator]") {
    double sum = 0, squares = 0;
    for (int i = 0; i < 4000; ++i) {
        auto const drawn = draw_normal(kSeed, {"z", std::to_string(i)});
        sum += drawn;
        squares += drawn * drawn;
    }
    CHECK(std::abs(sum / 4000) < .05);
    CHECK(std::abs(squares / 4000 - 1) < .08);
}

TEST_CASE("families, page sizes, limits and health have the shares of the fixture", "[simulator]") {
    for (auto const& [family, share] :
         {std::pair(Family::hapi, .30),
          std::pair(Family::epic, .35),
          std::pair(Family::cerner, .15),
          std::pair(Family::ihe, .10),
          std::pair(Family::firely, .025)})
        check_share(count([&](Behaviour const& b) { return b.family == family; }), share);
    for (std::size_t const size : {10U, 20U, 50U, 100U})
        check_share(count([&](Behaviour const& b) { return b.page_size == size; }), .25);
    check_share(count([](Behaviour const& b) { return b.gives_total; }), .60);
    check_share(count([](Behaviour const& b) { return b.max_at_once > 0; }), .25);
    check_share(count([](Behaviour const& b) { return b.retry_after == RetryAfter::http_date; }), .5);
    for (auto const& [health, share] :
         {std::pair(Health::healthy, .88),
          std::pair(Health::slow, .05),
          std::pair(Health::flaky, .04),
          std::pair(Health::down, .02),
          std::pair(Health::malformed, .01)})
        check_share(count([&](Behaviour const& b) { return b.health == health; }), share);
}

TEST_CASE("five communities are unwell whatever the seed", "[simulator]") {
    for (std::uint64_t const seed : {1U, 2U, 3U}) {
        CHECK(draw_behaviour(seed, "p013").health == Health::down);
        CHECK(draw_behaviour(seed, "p050").health == Health::slow);
        CHECK(draw_behaviour(seed, "p077").health == Health::flaky);
        CHECK(draw_behaviour(seed, "p111").max_at_once == 1);
        CHECK(draw_behaviour(seed, "p150").health == Health::malformed);
    }
}

TEST_CASE("four communities of five want a token, each another", "[simulator]") {
    std::set<std::string> tokens;
    int open = 0;
    for (int i = 1; i <= 1000; ++i) {
        auto const token = draw_bearer_token(kSeed, community(i));
        open += token.empty() ? 1 : 0;
        if (!token.empty()) CHECK(tokens.insert(token).second);
    }
    check_share(open, .2);
}

TEST_CASE("each family delivers documents in its way", "[simulator]") {
    CHECK(delivery_of(Family::epic, 100) == Delivery::relative_url);
    CHECK(delivery_of(Family::cerner, 100) == Delivery::absolute_url);
    CHECK(delivery_of(Family::ihe, 100) == Delivery::absolute_url);
    CHECK(delivery_of(Family::hapi, 100) == Delivery::inline_data);
    CHECK(delivery_of(Family::hapi, 100'000) == Delivery::relative_url);
}

}  // namespace tributary::simulator
