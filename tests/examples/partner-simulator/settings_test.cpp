#include "examples/partner-simulator/settings.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "examples/partner-simulator/partner_list.hpp"
#include "examples/partner-simulator/sample_profile.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

/// A folder that goes away with the test.
class Folder {
public:
    Folder() { std::filesystem::create_directories(path_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("partner-simulator-" + std::to_string(::getpid()));
};

}  // namespace

TEST_CASE("options of the sample profile are understood", "[simulator]") {
    auto const [settings, problems] = interpret(
        {{"profile", "sample"},
         {"latency", "10"},
         {"fail", "off"},
         {"listen", "127.0.0.1:0"},
         {"seed", "7"},
         {"auth", "off"}}
    );
    CHECK(problems.empty());
    CHECK(settings.latency_divisor == 10);
    CHECK(settings.faults == Faults::off);
    CHECK(settings.port == 0);
    CHECK(settings.network.seed == 7);
    CHECK(interpret({{"profile", "sample"}, {"latency", "off"}}).settings.latency_divisor == 0);
}

TEST_CASE("a network of generated communities is described by its options", "[simulator]") {
    auto const [settings, problems] =
        interpret({{"profile", "default"}, {"data", "/data"}, {"partners", "50"}, {"scale", "20"}});
    CHECK(problems.empty());
    CHECK(settings.network.profile == "default");
    CHECK(settings.network.data == "/data");
    CHECK(settings.network.partners == 50);
    CHECK(settings.network.scale == 20);
    CHECK(interpret({{"profile", "sample"}, {"partners", "200"}}).problems.empty());
}

TEST_CASE("what does not work yet, or makes no sense, is refused by name", "[simulator]") {
    for (auto const& [name, value] : RawOptions{
             {"scale", "20"},
             {"partners", "0"},
             {"data", "/data"},
             {"auth", "static"},
             {"latency", "0"},
             {"shoe-size", "44"},
             {"fail", "maybe"},
             {"listen", "9001"},
             {"seed", "x"}
         }) {
        INFO(name << ' ' << value);
        auto const problems = interpret({{"profile", "sample"}, {name, value}}).problems;
        REQUIRE(problems.size() == 1);
        CHECK_THAT(problems[0], Catch::Matchers::ContainsSubstring("--" + name));
    }
    for (char const* const divisor : {"nan", "inf", "-inf", "-1", "1e-300", "1e300"}) {
        INFO(divisor);
        CHECK(interpret({{"profile", "sample"}, {"latency", divisor}}).problems.size() == 1);
    }
    CHECK(interpret({{"profile", "nonsense"}}).problems.size() == 1);
    CHECK(interpret({{"profile", "default"}, {"scale", "101"}}).problems.size() == 1);
    CHECK(interpret({}).problems.size() == 1);
}

TEST_CASE("soak changes documents and health by itself, others when they are told to", "[simulator]") {
    using std::chrono::seconds;
    auto const soak = interpret({{"profile", "soak"}}).settings;
    CHECK(soak.health_changes);
    CHECK(soak.change_period == seconds(180));
    CHECK(interpret({{"profile", "soak"}, {"changes", "off"}}).settings.change_period == seconds(0));
    auto const sample = interpret({{"profile", "sample"}, {"changes", "30"}}).settings;
    CHECK_FALSE(sample.health_changes);
    CHECK(sample.change_period == seconds(30));
    CHECK(interpret({{"profile", "sample"}, {"changes", "0"}}).problems.size() == 1);
}

TEST_CASE("tokens are asked for, or not, and told in the partner list", "[simulator]") {
    CHECK(interpret({{"profile", "sample"}, {"auth", "on"}}).settings.tokens);
    CHECK(interpret({{"profile", "sample"}, {"auth", "on"}}).problems.empty());
    CHECK_FALSE(interpret({{"profile", "sample"}, {"auth", "off"}}).settings.tokens);
    CHECK(interpret({{"profile", "sample"}, {"auth", "maybe"}}).problems.size() == 1);
    auto network = make_sample_network();
    network.communities[1].behaviour.bearer_token = "sesame";
    CHECK_THAT(
        partner_list(network, "http://127.0.0.1:9001"),
        Catch::Matchers::ContainsSubstring("headers = { Authorization = \"Bearer sesame\" }\n")
    );
}

TEST_CASE("a settings file gives the same options, and tells its problems with their lines", "[simulator]") {
    Folder const folder;
    std::ofstream(folder.file("good.toml"))
        << "profile = \"sample\"\nlatency = 4\nwrite_config = \"partners.toml\"\n";
    auto const good = read_settings_file(folder.file("good.toml"));
    CHECK(good.problems.empty());
    CHECK(good.options.at("latency") == "4");
    CHECK(good.options.at("write-config") == folder.file("partners.toml"));
    std::ofstream(folder.file("bad.toml")) << "profile = \"sample\"\nshoe_size = 44\nseed = [1]\n";
    auto const bad = read_settings_file(folder.file("bad.toml"));
    REQUIRE(bad.problems.size() == 2);
    CHECK_THAT(
        bad.problems[0] + bad.problems[1], Catch::Matchers::ContainsSubstring("bad.toml:2: shoe_size")
    );
    CHECK(read_settings_file(folder.file("absent.toml")).problems.size() == 1);
}

TEST_CASE("the partner list has a table for every community", "[simulator]") {
    Folder const folder;
    auto const text = partner_list(make_sample_network(), "http://127.0.0.1:9001");
    CHECK_THAT(
        text,
        Catch::Matchers::ContainsSubstring(
            "[[partner]]\nid = \"p008\"\nfhir = \"http://127.0.0.1:9001/p008/fhir\"\n"
        )
    );
    REQUIRE(write_file(folder.file("list.toml"), text).has_value());
    CHECK(std::filesystem::file_size(folder.file("list.toml")) == text.size());
    CHECK_FALSE(write_file(folder.file("no/such/folder.toml"), text).has_value());
}

}  // namespace tributary::simulator
