#include "examples/partner-simulator/behaviour.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "examples/partner-simulator/hash.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

constexpr std::size_t kLimit = 5, kEagerLimit = 1;
constexpr double kHealthChange = .01, kOpen = .2;
constexpr std::size_t kInlineBelow = std::size_t{32} << 10U;

template <class T>
struct Share {
    double below;  ///< a draw below this, and not below the one before, gives `value`
    T value;
};

template <class T, std::size_t N>
T share_of(std::array<Share<T>, N> const& shares, double drawn) {
    for (auto const& share : shares) {
        if (drawn < share.below) return share.value;
    }
    return shares.back().value;
}

constexpr std::array<Share<Family>, 8> kFamilies = {{
    {.30, Family::hapi},
    {.65, Family::epic},
    {.80, Family::cerner},
    {.90, Family::ihe},
    {.925, Family::microsoft},
    {.95, Family::firely},
    {.975, Family::medplum},
    {1, Family::blaze},
}};
constexpr std::array<Share<std::size_t>, 4> kPageSizes = {{{.25, 10}, {.5, 20}, {.75, 50}, {1, 100}}};
constexpr std::array<Share<Health>, 5> kHealths = {{
    {.88, Health::healthy},
    {.93, Health::slow},
    {.97, Health::flaky},
    {.99, Health::down},
    {1, Health::malformed},
}};

/// So that every run has some of each: whatever the seed says, these are not well.
constexpr std::array<std::pair<std::string_view, Health>, 5> kNamedTrouble = {{
    {"p013", Health::down},
    {"p050", Health::slow},
    {"p077", Health::flaky},
    {"p111", Health::healthy},
    {"p150", Health::malformed},
}};

void apply_named_trouble(Behaviour& behaviour, std::string_view community) {
    for (auto const& [id, health] : kNamedTrouble) {
        if (id == community) behaviour.health = health;
    }
    if (community == "p111") behaviour.max_at_once = kEagerLimit;
}

}  // namespace

std::string_view wire(Family family) {
    constexpr std::array<std::string_view, 8> kNames = {
        "hapi", "epic", "cerner", "ihe", "microsoft", "firely", "medplum", "blaze"
    };
    return kNames.at(static_cast<std::size_t>(family));
}

std::string_view wire(Health health) {
    constexpr std::array<std::string_view, 6> kNames = {
        "healthy", "slow", "flaky", "unavailable", "down", "malformed"
    };
    return kNames.at(static_cast<std::size_t>(health));
}

bool fails_always(Health health) {
    return health == Health::unavailable || health == Health::down || health == Health::malformed;
}

Behaviour draw_behaviour(std::uint64_t seed, std::string_view community) {
    auto const drawn = [&](std::string_view property) { return draw(seed, {community, property}); };
    Behaviour behaviour;
    behaviour.family = share_of(kFamilies, drawn("family"));
    behaviour.page_size = share_of(kPageSizes, drawn("page"));
    behaviour.gives_total = drawn("total") < .6;
    if (drawn("limit") < .25) behaviour.max_at_once = kLimit;
    behaviour.retry_after = drawn("retry-after") < .5 ? RetryAfter::seconds : RetryAfter::http_date;
    behaviour.health = share_of(kHealths, drawn("health"));
    behaviour.pace = std::exp(.4 * draw_normal(seed, {community, "z"}));
    apply_named_trouble(behaviour, community);
    return behaviour;
}

std::string draw_bearer_token(std::uint64_t seed, std::string_view community) {
    if (draw(seed, {community, "auth"}) < kOpen) return {};
    return derived_uuid({std::to_string(seed), community, "token"});
}

std::optional<Health> draw_health_change(std::uint64_t seed, std::string_view community, std::size_t slot) {
    auto const number = std::to_string(slot);
    if (draw(seed, {community, "health-change", number}) >= kHealthChange) return std::nullopt;
    return share_of(kHealths, draw(seed, {community, "health", number}));
}

bool is_named_trouble(std::string_view community) {
    return std::any_of(kNamedTrouble.begin(), kNamedTrouble.end(), [&](auto const& named) {
        return named.first == community;
    });
}

Delivery delivery_of(Family family, std::size_t bytes) {
    if (family == Family::cerner || family == Family::ihe) return Delivery::absolute_url;
    bool const small = bytes < kInlineBelow;
    return family != Family::epic && small ? Delivery::inline_data : Delivery::relative_url;
}

}  // namespace tributary::simulator
