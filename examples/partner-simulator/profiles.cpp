#include "examples/partner-simulator/profiles.hpp"

#include <filesystem>
#include <set>
#include <utility>

#include "examples/partner-simulator/generator/data_folder.hpp"
#include "examples/partner-simulator/generator/generate.hpp"
#include "examples/partner-simulator/sample_profile.hpp"

namespace tributary::simulator {
namespace {

constexpr std::size_t kTinyPartners = 8, kDefaultPartners = 200, kSoakScale = 20;
constexpr char kProgram[] = "/proc/self/exe";

/// One with a double beside her, one with much to tell, and one whom nobody knows.
std::set<std::string> const& persons_of_tiny() {
    static std::set<std::string> const persons = {
        "Newman, Alice", "Newcomb, Alice", "Bogan287, Beatris", "Fonseca, Agustín"
    };
    return persons;
}

Result<std::filesystem::path> data_folder(ProfileChoice const& choice) {
    if (!choice.data.empty()) return std::filesystem::path(choice.data);
    auto const found = find_data_folder(kProgram);
    if (found) return *found;
    return Failure(
        Errc::not_found,
        "no folder of test data beside the repository: name one with --data DIR, or use --profile sample "
        "--partners 200, which needs none"
    );
}

Network make_sample(ProfileChoice const& choice) {
    auto network = make_sample_network();
    if (choice.partners) add_strangers(network, choice.seed, *choice.partners);
    return network;
}

}  // namespace

Result<Network> make_network(ProfileChoice const& choice) {
    if (choice.profile == "sample") return make_sample(choice);
    bool const tiny = choice.profile == "tiny";
    auto const folder = data_folder(choice);
    if (!folder) return folder.error();
    auto data = read_data_folder(*folder, tiny ? persons_of_tiny() : std::set<std::string>());
    if (!data) return data.error();
    Generation const generation{
        choice.seed,
        choice.partners.value_or(tiny ? kTinyPartners : kDefaultPartners),
        choice.scale.value_or(choice.profile == "soak" ? kSoakScale : 1)
    };
    auto network = generate(std::move(*data), generation);
    for (auto& community : network.communities) {
        if (tiny) community.behaviour.scripted = ScriptedLatency{};
    }
    return network;
}

}  // namespace tributary::simulator
