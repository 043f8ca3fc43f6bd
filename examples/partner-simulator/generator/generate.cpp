#include "examples/partner-simulator/generator/generate.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "examples/partner-simulator/generator/clones.hpp"
#include "examples/partner-simulator/generator/demographics.hpp"
#include "examples/partner-simulator/generator/documents.hpp"
#include "examples/partner-simulator/generator/holdings.hpp"
#include "examples/partner-simulator/generator/identities.hpp"
#include "examples/partner-simulator/hash.hpp"

namespace tributary::simulator {
namespace {

constexpr std::array<std::string_view, 12> kPlaces = {
    "Ashford",
    "Birchwood",
    "Cedar Falls",
    "Dunmore",
    "Eastbrook",
    "Fairview",
    "Glenwood",
    "Highland",
    "Ironbridge",
    "Juniper",
    "Kingsport",
    "Larkspur"
};
constexpr std::array<std::string_view, 8> kKinds = {
    "Medical Center",
    "Clinic",
    "Family Practice",
    "Hospital",
    "Health Partners",
    "Imaging",
    "Cardiology",
    "Pediatrics"
};

template <std::size_t N>
std::string_view pick(std::array<std::string_view, N> const& all, double drawn) {
    return all.at(static_cast<std::size_t>(drawn * static_cast<double>(N)));
}

std::string id_of(std::size_t number) {
    auto const digits = std::to_string(number);
    return 'p' + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

Community make_community(std::uint64_t seed, std::size_t number) {
    auto const id = id_of(number);
    auto const behaviour = draw_behaviour(seed, id);
    auto const place = pick(kPlaces, draw(seed, {id, "place"})),
               kind = pick(kKinds, draw(seed, {id, "kind"}));
    auto const name = std::string(place) + ' ' + std::string(kind) + ' ' + std::to_string(number);
    auto const software = std::string(wire(behaviour.family)) + "-like 1." + std::to_string(number % 10);
    return {id, name, software, "urn:oid:2.999.7." + std::to_string(number), behaviour};
}

/// At least one that is not well holds Alice Newman.
void trouble_newman(Network& network, std::vector<std::string> const& holders) {
    bool const troubled = std::any_of(holders.begin(), holders.end(), [&](std::string const& id) {
        return is_named_trouble(id);
    });
    if (troubled || holders.empty()) return;
    auto const first =
        std::find_if(network.communities.begin(), network.communities.end(), [&](Community const& community) {
            return community.id == holders.front();
        });
    first->behaviour.health = Health::slow;
}

}  // namespace

Network generate(SourceData data, Generation const& generation) {
    for (auto& person : data.persons) settle_identities(person);
    add_clones(data, generation.scale);
    Network network;
    add_strangers(network, generation.seed, generation.communities);
    std::vector<std::string> ids;
    for (auto const& community : network.communities) ids.push_back(community.id);
    auto const known_at = spread_persons(data, generation.seed, ids);
    for (auto const& person : data.persons) {
        for (auto const& id : known_at.at(person.key)) {
            auto& community =
                *std::find_if(network.communities.begin(), network.communities.end(), [&](auto const& each) {
                    return each.id == id;
                });
            community.patients.push_back(patient_at(generation.seed, community, person));
        }
    }
    DocumentSpread(network, data, known_at, generation.seed).place_all();
    if (auto const newman = known_at.find("Newman, Alice"); newman != known_at.end())
        trouble_newman(network, newman->second);
    return network;
}

void add_strangers(Network& network, std::uint64_t seed, std::size_t count) {
    for (auto number = network.communities.size() + 1; number <= count; ++number) {
        network.communities.push_back(make_community(seed, number));
    }
}

}  // namespace tributary::simulator
