#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "orchestrator/config/config.hpp"
#include "tests/support/catch.hpp"

namespace tributary::config {

namespace {

/// "[server] listen" → "text, "127.0.0.1:8080""
using Reference = std::map<std::string, std::string>;

std::string unquoted(std::string const& text) {
    return text.size() < 2 ? text : text.substr(1, text.size() - 2);
}

/// A default as the program writes it: "120s" and "2m" are one duration.
std::string normal(std::string const& type, std::string const& fallback) {
    if (auto const duration = read_duration(unquoted(fallback)); duration && type == "duration")
        return '"' + write_duration(*duration) + '"';
    if (auto const size = read_size(unquoted(fallback)); size && type == "size")
        return '"' + write_size(*size) + '"';
    return fallback;
}

std::string describe(std::string const& type, std::string const& fallback) {
    return type + ", " + (fallback.empty() ? "no default" : normal(type, fallback));
}

/// The rows "| `key` | type | default | meaning |" of docs/configuration.md, each below a heading that names its section or sections in brackets.
Reference documented() {
    static std::regex const section("\\[+[a-z_]+\\]+"), code("^`(.*)`$"),
        row(R"(^\| `([a-z_]+)` \| ([^|]+) \|([^|]*)\| [^|]+ \|)");
    Reference reference;
    std::vector<std::string> sections;
    std::ifstream file(TRIBUTARY_SOURCE_DIR "/docs/configuration.md");
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ") || line.starts_with("### ")) {
            sections = {std::sregex_token_iterator(line.begin(), line.end(), section), {}};
            if (sections.empty()) sections.emplace_back();
        }
        if (!std::regex_search(line, match, row)) continue;
        auto const type = std::regex_replace(match[2].str(), std::regex("`"), "");
        auto const told = std::regex_replace(match[3].str(), std::regex("^ +| +$"), "");
        // Words, such as "required", say that there is no default.
        auto const fallback = std::regex_search(told, code) ? unquoted(told) : std::string();
        for (auto const& each : sections) reference[each + ' ' + match[1].str()] = describe(type, fallback);
    }
    return reference;
}

Reference known() {
    Reference reference;
    for (auto const& key : known_keys())
        reference[key.section + ' ' + key.key] = describe(key.type, key.fallback);
    return reference;
}

}  // namespace

TEST_CASE(
    "the configuration reference lists every key with its section, type and default, and no other", "[config]"
) {
    auto const program = known(), docs = documented();
    CHECK(program.size() > 60);
    for (auto const& [key, what] : program) {
        INFO(key);
        auto const told = docs.find(key);
        CHECK((told == docs.end() ? "not listed in docs/configuration.md" : told->second) == what);
    }
    for (auto const& [key, what] : docs) {
        INFO(key << ", which docs/configuration.md lists, is not a key of the program");
        CHECK(program.contains(key));
    }
}

TEST_CASE("a default is told in the largest unit that divides it", "[config]") {
    using namespace std::chrono_literals;
    CHECK(write_duration(90s) == "90s");
    CHECK(write_duration(120s) == "2m");
    CHECK(write_duration(0s) == "0s");
    CHECK(write_duration(250ms) == "250ms");
    CHECK(write_duration(30 * 24h) == "30d");
    CHECK(write_size(32 * 1024) == "32KiB");
    CHECK(write_size(1025) == "1025B");
    CHECK(write_size(10ULL << 30U) == "10GiB");
}

}  // namespace tributary::config
