#include "examples/partner-simulator/generator/holdings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "examples/partner-simulator/hash.hpp"

namespace tributary::simulator {
namespace {

constexpr std::string_view kNewman = "Newman, Alice", kNewcomb = "Newcomb, Alice";
constexpr std::size_t kBesideNewman = 2, kOfNewcomb = 3, kNobodyByHash = 3, kMostOfOthers = 9;
constexpr double kSpread = 2.2;

/// Persons whose number of communities is given, by the beginning of their keys.
constexpr std::array<std::pair<std::string_view, std::size_t>, 11> kNamed = {{
    {kNewman, 10},
    {"Bogan287, Beatris", 10},
    {"Morar593, Edythe", 10},
    {"Godínez202, Ramona", 10},
    {"Bates, Jeremy", 10},
    {"Brönnimann-Bertholet, Elisabeth", 10},
    {"Ferry570, Allen", 60},
    {kNewcomb, kOfNewcomb},
    {"UNK, UNK", 2},
    {"Washington, Herkemer", 2},
    {"Fonseca, Agustín", 0},
}};

auto const* find_named(std::string const& key) {
    auto const* const found = std::find_if(kNamed.begin(), kNamed.end(), [&](auto const& named) {
        return key.starts_with(named.first);
    });
    return found == kNamed.end() ? nullptr : found;
}

/// The three, apart from the named ones, whom nobody knows.
std::set<std::string> strangers_by_hash(SourceData const& data, std::uint64_t seed) {
    std::vector<std::pair<double, std::string>> drawn;
    for (auto const& person : data.persons) {
        if (find_named(person.key) == nullptr)
            drawn.emplace_back(draw(seed, {"nobody", person.key}), person.key);
    }
    std::sort(drawn.begin(), drawn.end());
    std::set<std::string> strangers;
    for (std::size_t i = 0; i < std::min(kNobodyByHash, drawn.size()); ++i) strangers.insert(drawn[i].second);
    return strangers;
}

std::vector<std::string> nearest_first(
    std::string const& key, std::uint64_t seed, std::vector<std::string> const& communities
) {
    return by_distance(communities, [&](std::string const& community) {
        return draw(seed, {"holds", key, community});
    });
}

/// Two where Alice Newman is known as well, which is what makes her dangerous, and one where she is not.
std::vector<std::string> beside_newman(
    std::vector<std::string> const& nearest, std::vector<std::string> const& newman
) {
    std::vector<std::string> chosen;
    std::size_t beside = 0, apart = 0;
    for (auto const& community : nearest) {
        bool const shared = std::find(newman.begin(), newman.end(), community) != newman.end();
        if (++(shared ? beside : apart) <= (shared ? kBesideNewman : kOfNewcomb - kBesideNewman))
            chosen.push_back(community);
    }
    return chosen;
}

}  // namespace

std::vector<std::string> by_distance(
    std::vector<std::string> const& communities, std::function<double(std::string const&)> const& draw_of
) {
    std::vector<std::pair<double, std::string>> drawn;
    for (auto const& community : communities) drawn.emplace_back(draw_of(community), community);
    std::sort(drawn.begin(), drawn.end());
    std::vector<std::string> nearest;
    for (auto& [distance, community] : drawn) nearest.push_back(std::move(community));
    return nearest;
}

std::map<std::string, std::vector<std::string>> spread_persons(
    SourceData const& data, std::uint64_t seed, std::vector<std::string> const& communities
) {
    auto const strangers = strangers_by_hash(data, seed);
    auto const most = communities.size() * 5 / 8;  // a small network knows nobody everywhere
    std::map<std::string, std::vector<std::string>> known_at;
    for (auto const& person : data.persons) {
        auto const* named = find_named(person.key);
        auto const drawn = -std::log(1 - draw(seed, {person.key, "n"})) * kSpread;
        auto count = std::min<std::size_t>(1 + static_cast<std::size_t>(drawn), kMostOfOthers);
        if (named != nullptr) count = named->second;
        if (strangers.contains(person.key)) count = 0;
        auto nearest = nearest_first(person.key, seed, communities);
        nearest.resize(std::min({nearest.size(), count, most}));
        known_at[person.key] = std::move(nearest);
    }
    for (auto& [key, chosen] : known_at) {
        if (!key.starts_with(kNewcomb)) continue;
        auto const newman = known_at.find(std::string(kNewman) + key.substr(kNewcomb.size()));
        if (newman != known_at.end())
            chosen = beside_newman(nearest_first(key, seed, communities), newman->second);
    }
    return known_at;
}

}  // namespace tributary::simulator
