#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <stdlib.h>

#include "orchestrator/config/config.hpp"
#include "tests/support/catch.hpp"

namespace tributary::config {

inline constexpr char kPartner[] = "[[partner]]\nid = \"p001\"\nfhir = \"http://127.0.0.1:9001/p001/fhir\"\n";

/// A configuration in a folder of its own, removed at the end.
class ConfigFile {
public:
    ConfigFile() {
        std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
    }
    ConfigFile(ConfigFile const&) = delete;
    ConfigFile& operator=(ConfigFile const&) = delete;
    ~ConfigFile() { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(std::string const& name, std::string const& text) const {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }
    Reading read(std::string const& text, std::map<std::string, std::string> environment = {}) const {
        auto const look_up = [environment](std::string const& name) -> std::optional<std::string> {
            auto const found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
        };
        return read_config(write("tributary.toml", text), look_up);
    }
    std::filesystem::path const& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

}  // namespace tributary::config
