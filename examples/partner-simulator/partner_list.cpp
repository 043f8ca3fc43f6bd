#include "examples/partner-simulator/partner_list.hpp"

#include <filesystem>
#include <fstream>

namespace tributary::simulator {

std::string partner_list(Network const& network, std::string_view root) {
    auto const line = [](std::string_view key, std::string_view value) {
        return std::string(key).append(" = \"").append(value).append("\"\n");
    };
    std::string text = "# Written by partner-simulator.\n";
    for (auto const& community : network.communities) {
        text += "\n[[partner]]\n" + line("id", community.id);
        text += line("fhir", std::string(root) + '/' + community.id + "/fhir") + line("name", community.name);
        text += line("home_community_id", community.home_community_id);
        if (!community.behaviour.bearer_token.empty())
            text += "headers = { Authorization = \"Bearer " + community.behaviour.bearer_token + "\" }\n";
        if (fails_always(community.behaviour.health))
            text += "attempts = 2  # it always fails: a third would only take time\n";
    }
    return text;
}

Result<void> write_file(std::string const& path, std::string_view text) {
    auto const fresh = path + ".new";
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return Failure(Errc::storage, "cannot write " + fresh);
    std::error_code error;
    std::filesystem::rename(fresh, path, error);
    if (error) return Failure(Errc::storage, "cannot write " + path + ": " + error.message());
    return {};
}

}  // namespace tributary::simulator
