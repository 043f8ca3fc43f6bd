#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/oracle.hpp"
#include "examples/partner-simulator/profiles.hpp"

namespace tributary::simulator {

/// How the simulator runs, understood.
struct Settings {
    ProfileChoice network;
    double latency_divisor = 1;  ///< of all scripted times; 0: no latency at all
    Faults faults = Faults::on;
    bool tokens = false;                    ///< four communities of five want a bearer token
    std::chrono::seconds change_period{0};  ///< between the ticks of the change feed; 0: no changes
    bool health_changes = false;
    std::string address = "127.0.0.1";
    std::uint16_t port = 9001;  ///< 0: any free one
    std::string write_config;   ///< where the partner list goes; "": nowhere
};

/// Options as written, by their long name without dashes: {"latency", "off"}.
using RawOptions = std::map<std::string, std::string, std::less<>>;

/// What the options mean. Those that belong to profiles which do not work yet are refused, not ignored. All problems at once.
struct Interpretation {
    Settings settings;
    std::vector<std::string> problems;
};
Interpretation interpret(RawOptions const& options);

/// The options of a simulator.toml: keys as on the command line, with '_' for '-'. Paths become relative to the file's folder.
struct FileReading {
    RawOptions options;
    std::vector<std::string> problems;  ///< "FILE:LINE: what is wrong"
};
FileReading read_settings_file(std::string const& path);

/// Reads the command line, and the file it names; what stands on the command line wins. Tells problems and help itself.
/// Empty: the program ends with `exit_code`.
std::optional<Settings> read_command_line(int argc, char const* const* argv, int& exit_code);

}  // namespace tributary::simulator
