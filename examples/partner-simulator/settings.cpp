#include "examples/partner-simulator/settings.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <utility>

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

namespace tributary::simulator {
namespace {

struct OptionHelp {
    char const* name;
    char const* value;
    char const* text;
};
constexpr std::array<OptionHelp, 11> kOptions = {{
    {"profile",
     "NAME",
     "which communities: sample (8, needs no data), tiny (8), default (200) or soak (200, much data)"},
    {"data", "FOLDER", "folder of test data; default: shared/data beside the repository"},
    {"seed", "N", "the same seed gives the same network and the same times; default 20260701"},
    {"partners", "N", "how many communities; with profile sample, those above eight know nobody"},
    {"scale", "N", "how many times the persons of the data, each under a name of its own"},
    {"latency",
     "off|real|DIVISOR",
     "how long they take: not at all, as real ones (default), or the DIVISORth part of that"},
    {"fail", "on|off", "on (default): some are slow, flaky or down; off: all are healthy"},
    {"auth",
     "on|off",
     "on: four communities of five want a bearer token, which --write-config tells; off (default): none"},
    {"changes",
     "off|SECONDS",
     "SECONDS between the twenty ticks at which documents appear, are replaced and retracted, or off "
     "(default, but 180 with profile soak)"},
    {"listen", "HOST:PORT", "where to listen, port 0 for any free one; default 127.0.0.1:9001"},
    {"write-config", "FILE", "writes the partner list for tributary to this file"},
}};
constexpr std::chrono::seconds kSoakChanges(180);  // twenty of them are an hour
constexpr double kLeastDivisor = 1e-3, kMostDivisor = 1e6;
constexpr std::size_t kMostPartners = 10000, kMostScale = 100;

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    Number number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Understands one option; returns what is wrong with it, "" for nothing.
using Rule = std::string (*)(std::string const& value, Settings& settings);

std::string read_profile(std::string const& value, Settings& settings) {
    settings.network.profile = value;
    bool const known = value == "sample" || value == "tiny" || value == "default" || value == "soak";
    return known ? "" : "there is no such profile; use sample, tiny, default or soak";
}
std::string read_data(std::string const& value, Settings& settings) {
    settings.network.data = value;
    return {};
}
std::string read_seed(std::string const& value, Settings& settings) {
    auto const seed = read_number<std::uint64_t>(value);
    if (!seed) return "not a whole number";
    settings.network.seed = *seed;
    return {};
}
/// A whole number from 1 to `most`.
std::string read_count(std::string const& value, std::size_t most, std::optional<std::size_t>& count) {
    auto const number = read_number<std::size_t>(value);
    if (!number || *number == 0 || *number > most)
        return "use a whole number from 1 to " + std::to_string(most);
    count = number;
    return {};
}
std::string read_partners(std::string const& value, Settings& settings) {
    return read_count(value, kMostPartners, settings.network.partners);
}
std::string read_scale(std::string const& value, Settings& settings) {
    return read_count(value, kMostScale, settings.network.scale);
}
std::string read_latency(std::string const& value, Settings& settings) {
    if (value == "real") return {};
    auto const divisor = value == "off" ? 0.0 : read_number<double>(value).value_or(0);
    if (value != "off" && !(divisor >= kLeastDivisor && divisor <= kMostDivisor))
        return "use off, real, or a number from 0.001 to 1000000 to divide by";
    settings.latency_divisor = divisor;
    return {};
}
std::string read_fail(std::string const& value, Settings& settings) {
    if (value != "on" && value != "off") return "use on or off";
    settings.faults = value == "on" ? Faults::on : Faults::off;
    return {};
}
std::string read_auth(std::string const& value, Settings& settings) {
    if (value != "on" && value != "off") return "use on or off";
    settings.tokens = value == "on";
    return {};
}
std::string read_changes(std::string const& value, Settings& settings) {
    auto const seconds = value == "off" ? 0 : read_number<std::uint32_t>(value).value_or(0);
    if (seconds == 0 && value != "off") return "use off, or a whole number of seconds above 0";
    settings.change_period = std::chrono::seconds(seconds);
    return {};
}
std::string read_listen(std::string const& value, Settings& settings) {
    auto const colon = value.rfind(':');
    auto const port = colon == std::string::npos
                          ? std::nullopt
                          : read_number<std::uint16_t>(std::string_view(value).substr(colon + 1));
    if (!port || colon == 0) return "use HOST:PORT, as 127.0.0.1:9001";
    settings.address = value.substr(0, colon);
    settings.port = *port;
    return {};
}
std::string read_write_config(std::string const& value, Settings& settings) {
    settings.write_config = value;
    return {};
}

Rule rule_of(std::string_view name) {
    static std::map<std::string_view, Rule> const rules = {
        {"profile", read_profile},
        {"seed", read_seed},
        {"latency", read_latency},
        {"fail", read_fail},
        {"auth", read_auth},
        {"changes", read_changes},
        {"listen", read_listen},
        {"write-config", read_write_config},
        {"data", read_data},
        {"partners", read_partners},
        {"scale", read_scale},
    };
    auto const found = rules.find(name);
    return found == rules.end() ? nullptr : found->second;
}

std::optional<std::string> text_of(toml::node const& node) {
    if (auto const* text = node.as_string()) return text->get();
    if (auto const* number = node.as_integer()) return std::to_string(number->get());
    if (auto const* number = node.as_floating_point()) return std::to_string(number->get());
    return std::nullopt;
}

}  // namespace

Interpretation interpret(RawOptions const& options) {
    Interpretation interpretation;
    auto const profile = options.find("profile");
    if (profile != options.end() && profile->second == "soak") {
        interpretation.settings.health_changes = true;
        interpretation.settings.change_period = kSoakChanges;
    }
    if (profile == options.end())
        interpretation.problems.emplace_back("--profile or --config is needed: --profile sample");
    for (char const* name : {"data", "scale"}) {
        bool const sample = profile != options.end() && profile->second == "sample";
        if (sample && options.contains(name))
            interpretation.problems.push_back(
                "--" + std::string(name) +
                ": profile sample has documents of its own; use tiny, default or soak"
            );
    }
    for (auto const& [name, value] : options) {
        auto const rule = rule_of(name);
        auto const problem =
            rule == nullptr ? "there is no such option" : rule(value, interpretation.settings);
        if (!problem.empty()) interpretation.problems.push_back("--" + name + " " + value + ": " + problem);
    }
    return interpretation;
}

FileReading read_settings_file(std::string const& path) {
    FileReading reading;
    auto const problem_at = [&](toml::source_region const& where, std::string_view what) {
        reading.problems.push_back(path + ":" + std::to_string(where.begin.line) + ": " + std::string(what));
    };
    try {
        for (auto const& [key, node] : toml::parse_file(path)) {
            std::string name(key.str());
            std::replace(name.begin(), name.end(), '_', '-');
            auto value = text_of(node);
            if (rule_of(name) == nullptr) {
                problem_at(node.source(), std::string(key.str()) + ": there is no such key");
            } else if (!value) {
                problem_at(node.source(), std::string(key.str()) + ": a text or a number is expected");
            } else {
                if (name == "write-config" || name == "data")
                    value = (std::filesystem::path(path).parent_path() / *value).string();
                reading.options.emplace(name, *value);
            }
        }
    } catch (toml::parse_error const& error) {
        problem_at(error.source(), error.description());
    }
    return reading;
}

std::optional<Settings> read_command_line(int argc, char const* const* argv, int& exit_code) {
    CLI::App app{
        "Serves simulated FHIR communities and says what a correct client must be told about them (/oracle)."
    };
    std::string config;
    RawOptions given;
    app.add_option("--config", config, "a TOML file with any of the options below as keys")
        ->type_name("FILE");
    for (auto const& [name, value, text] : kOptions) {
        app.add_option_function<std::string>(
               std::string("--") + name,
               [&given, key = std::string(name)](std::string const& written) { given[key] = written; },
               text
        )
            ->type_name(value);
    }
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        exit_code = app.exit(error) == 0 ? 0 : 2;
        return std::nullopt;
    }
    std::vector<std::string> problems;
    if (!config.empty()) {
        auto file = read_settings_file(config);
        given.merge(file.options);
        problems = std::move(file.problems);
    }
    auto interpretation = interpret(given);
    problems.insert(problems.end(), interpretation.problems.begin(), interpretation.problems.end());
    if (problems.empty()) return interpretation.settings;
    for (auto const& problem : problems) std::cerr << "partner-simulator: " << problem << '\n';
    exit_code = 2;
    return std::nullopt;
}

}  // namespace tributary::simulator
