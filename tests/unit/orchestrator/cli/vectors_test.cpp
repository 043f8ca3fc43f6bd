#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "fhir/json/reader.hpp"
#include "orchestrator/cli/watch_messages.hpp"
#include "tests/support/catch.hpp"

namespace tributary::cli {

namespace {

namespace files = std::filesystem;

/// Where other people's messages lie: $TRIBUTARY_SHARED, else beside the repository. Empty: not there.
std::optional<files::path> vectors() {
    auto const* const configured = std::getenv("TRIBUTARY_SHARED");
    files::path const shared = configured != nullptr ? configured : TRIBUTARY_SOURCE_DIR "/../shared";
    auto folder = shared / "vectors" / "subscriptions";
    if (files::is_directory(folder)) return folder;
    WARN("no vectors at " << folder.string() << ": skipped");
    return std::nullopt;
}

std::string text_of(files::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("notifications of IHE, of the guide and of ours are read as what they are", "[cli][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    std::map<std::string, std::string> const expected{
        {"ihe-dsubm/ex-HandshakeNotification", "requested"},
        {"ihe-dsubm/ex-HeartbeatNotification", "active"},
        {"ihe-dsubm/ex-Deactivation", "off"},
        {"ihe-dsubm/ex-operationStatus", "error"},
        {"composed/notify-deactivated-off", "off"},
        {"composed/notify-event-batch-of-three-id-only", "active"},
        {"composed/notify-event-full-resource-with-patient", "active"},
        {"ig-backport-1.2.0-ballot/r4-notification-handshake", "requested"}
    };
    std::set<std::string> seen;
    for (auto const& file : files::recursive_directory_iterator(*folder)) {
        auto const name = file.path().filename().string();
        if (!name.ends_with(".bundle.json") || file.path().parent_path().filename() == "r4b-contrast")
            continue;
        INFO(name);
        auto const read = read_notification(text_of(file.path()));
        REQUIRE(read.has_value());
        CHECK_FALSE(read->status.empty());
        auto const key = file.path().parent_path().filename().string() + "/" +
                         name.substr(0, name.size() - std::string(".bundle.json").size());
        auto const known = expected.find(key);
        if (known == expected.end()) continue;
        seen.insert(key);
        CHECK(read->status == known->second);
    }
    CHECK(seen.size() == expected.size());
}

TEST_CASE("a frame of R4B is no notification here", "[cli][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    for (auto const& file :
         files::directory_iterator(*folder / "ig-backport-1.2.0-ballot" / "r4b-contrast")) {
        INFO(file.path().filename().string());
        CHECK(read_notification(text_of(file.path())).has_error());
    }
}

TEST_CASE("a server without our topic is told so, whatever else it states", "[cli][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    for (auto const& file : files::recursive_directory_iterator(*folder)) {
        auto const name = file.path().filename().string();
        if (!name.ends_with(".capabilitystatement.json")) continue;
        INFO(name);
        auto const statement = fhir::json::read(text_of(file.path()));
        REQUIRE(statement.has_value());
        CHECK(find_topic(*statement).has_value() == (name == "server.capabilitystatement.json"));
    }
}

}  // namespace tributary::cli
