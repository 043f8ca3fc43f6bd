#include "examples/partner-simulator/generator/data_folder.hpp"

#include <cstdlib>
#include <filesystem>

#include "examples/partner-simulator/generator/csv.hpp"
#include "examples/partner-simulator/profiles.hpp"
#include "tests/examples/partner-simulator/generated_network.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

std::optional<std::filesystem::path> shared_data() {
    auto const found = find_data_folder(std::filesystem::path(__FILE__));
    if (!found) WARN("SKIPPED: no folder of test data beside the repository");
    return found;
}

}  // namespace

TEST_CASE("a table may hold commas, quotes and line ends in quoted fields", "[simulator]") {
    auto const rows = read_csv("path,note\na.xml,\"one, \"\"two\"\"\nthree\"\nb.xml,four\r\n");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("note") == "one, \"two\"\nthree");
    CHECK(rows[1].at("note") == "four");
}

TEST_CASE("a folder without a manifest is refused, and says what to do", "[simulator]") {
    CHECK(read_data_folder("/no/such/folder", {}).error().errc() == Errc::not_found);
    ProfileChoice choice;
    choice.profile = "default";
    choice.data = "/no/such/folder";
    CHECK_FALSE(make_network(choice).has_value());
}

TEST_CASE("the sample network grows by communities that know nobody", "[simulator]") {
    ProfileChoice choice;
    choice.partners = 200;
    auto const network = make_network(choice);
    REQUIRE(network.has_value());
    REQUIRE(network->communities.size() == 200);
    CHECK(network->communities[8].id == "p009");
    CHECK(network->communities[199].id == "p200");
    CHECK(network->communities[8].patients.empty());
    CHECK_FALSE(network->communities[0].patients.empty());
}

TEST_CASE(
    "the tiny network has eight communities that answer at once, and knows three of four people",
    "[simulator]"
) {
    auto const folder = shared_data();
    if (!folder) return;
    ProfileChoice choice;
    choice.profile = "tiny";
    choice.data = folder->string();
    auto const network = make_network(choice);
    REQUIRE(network.has_value());
    CHECK(network->communities.size() == 8);
    std::set<std::string> originals;
    for (auto const& community : network->communities) {
        CHECK(community.behaviour.scripted.has_value());
        for (auto const& document : community.documents) originals.insert(document.truth);
    }
    CHECK(originals.size() > 40);
    CHECK(holders_of(*network, "Fonseca").empty());
    CHECK_FALSE(holders_of(*network, "Newman").empty());
}

}  // namespace tributary::simulator
