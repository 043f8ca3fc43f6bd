#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <toml++/toml.h>

namespace tributary::config {

/// What is wrong in a configuration, in the order of the file: "FILE:LINE: [section] key: what is wrong".
class Problems {
public:
    void add(
        std::string const& file,
        toml::source_region const& where,
        std::string const& section,
        std::string_view key,
        std::string const& what
    );
    void add_line(std::string line) { lines_.push_back(std::move(line)); }
    std::vector<std::string> const& lines() const { return lines_; }
    bool empty() const { return lines_.empty(); }

private:
    std::vector<std::string> lines_;
};

/// Looks up an environment variable; empty: unset.
using Environment = std::function<std::optional<std::string>(std::string const& name)>;

/// A key as the reader knows it.
struct KnownKey {
    std::string section, key;
    std::string type;  ///< as the reference says it: text, duration, …, or the choices: "strict", "search"
    std::string fallback;  ///< what holds where the key is missing, as TOML; "": nothing
};

/// Where a table stands, and what its strings are read against.
struct TableContext {
    std::string file;
    std::string section;           ///< "[server]", "[[partner]]"
    std::filesystem::path folder;  ///< of the file: relative paths are relative to it
    Environment const* environment = nullptr;
    Problems* problems = nullptr;
    std::vector<KnownKey>* keys = nullptr;  ///< if set, gets each key that is asked for
};

/// Reads one TOML table key by key; whatever is wrong is noted and the value left as it was. finish() reports the keys nobody asked for.
class TableReader {
public:
    TableReader(TableContext context, toml::table const* table)
        : context_(std::move(context)), table_(table) {}

    /// Each answers true when the key was there and right.
    bool text(std::string_view key, std::string& value);
    bool flag(std::string_view key, bool& value);
    bool number(std::string_view key, std::uint64_t least, std::uint64_t most, std::size_t& value);
    bool number(std::string_view key, std::uint64_t least, std::uint64_t most, unsigned& value);
    bool decimal(std::string_view key, double& value);
    bool duration(
        std::string_view key,
        std::chrono::milliseconds& value,
        std::chrono::milliseconds least = std::chrono::milliseconds(0)
    ) {
        auto const read = read_milliseconds(key, least, value);
        if (read) value = *read;
        return read.has_value();
    }
    template <class Size>
    bool size(std::string_view key, Size& value, std::uint64_t least = 0) {
        auto const read = read_bytes(key, least, value);
        if (read) value = static_cast<Size>(*read);
        return read.has_value();
    }
    bool texts(std::string_view key, std::vector<std::string>& values);
    bool fields(std::string_view key, std::vector<std::pair<std::string, std::string>>& values);
    /// A file's name, relative to the configuration's folder. must_exist: a file that cannot be opened is a problem.
    bool path(std::string_view key, std::string& value, bool must_exist);
    template <class T>
    bool choice(std::string_view key, std::vector<std::pair<std::string, T>> const& choices, T& value) {
        std::vector<std::string> names;
        std::string fallback;
        for (auto const& [name, choice] : choices) {
            names.push_back(name);
            if (choice == value) fallback = name;
        }
        auto const index = read_choice(key, names, fallback);
        if (index) value = choices[*index].second;
        return index.has_value();
    }

    /// Marks a key as known without reading it (a sub-table that somebody else reads).
    void known(std::string_view key) { known_.emplace_back(key); }
    bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }
    void problem(std::string_view key, std::string const& what);
    /// The text of a key in quotes, as the file has it: what a variable brought in may be a secret, and is not told.
    std::string as_written(std::string_view key) const;
    /// The same for an item of a list.
    std::string as_written(std::string_view key, std::size_t index) const;
    void finish();
    TableContext const& context() const { return context_; }
    toml::table const* table() const { return table_; }

private:
    toml::node const* find(std::string_view key, std::string type, std::string fallback);
    std::optional<std::string> find_text(std::string_view key, std::string type, std::string const& fallback);
    std::optional<std::string> expand(std::string_view key, std::string const& text);
    std::optional<std::chrono::milliseconds> read_milliseconds(
        std::string_view key, std::chrono::milliseconds least, std::chrono::milliseconds fallback
    );
    std::optional<std::uint64_t> read_bytes(
        std::string_view key, std::uint64_t least, std::uint64_t fallback
    );
    std::optional<std::size_t> read_choice(
        std::string_view key, std::vector<std::string> const& names, std::string const& fallback
    );

    TableContext context_;
    toml::table const* table_;
    std::vector<std::string> known_;
};

}  // namespace tributary::config
