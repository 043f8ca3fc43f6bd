#include "orchestrator/config/table_reader.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "fhir/base/ascii.hpp"
#include "orchestrator/config/quantities.hpp"
#include "orchestrator/net/field.hpp"

namespace tributary::config {
namespace {

std::string quoted(std::string const& text) { return '"' + text + '"'; }

std::string plain(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

}  // namespace

void Problems::add(
    std::string const& file,
    toml::source_region const& where,
    std::string const& section,
    std::string_view key,
    std::string const& what
) {
    std::string line = file + ':' + std::to_string(where.begin.line) + ": " + section;
    if (!key.empty()) line.append(section.empty() ? "" : " ").append(key);
    lines_.push_back(line + ": " + what);
}

void TableReader::problem(std::string_view key, std::string const& what) {
    toml::node const* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node == nullptr) node = table_;
    toml::source_region const where = node == nullptr ? toml::source_region{} : node->source();
    context_.problems->add(context_.file, where, context_.section, key, what);
}

std::string TableReader::as_written(std::string_view key) const {
    return quoted(table_ == nullptr ? "" : (*table_)[key].value_or(std::string()));
}

std::string TableReader::as_written(std::string_view key, std::size_t index) const {
    return quoted(table_ == nullptr ? "" : (*table_)[key][index].value_or(std::string()));
}

toml::node const* TableReader::find(std::string_view key, std::string type, std::string fallback) {
    known_.emplace_back(key);
    if (context_.keys != nullptr)
        context_.keys->push_back({context_.section, std::string(key), std::move(type), std::move(fallback)});
    return table_ == nullptr ? nullptr : table_->get(key);
}

std::optional<std::string> TableReader::expand(std::string_view key, std::string const& text) {
    std::string out;
    for (std::size_t at = 0;;) {
        auto const open = text.find("${", at);
        if (open == std::string::npos) return out + text.substr(at);
        auto const close = text.find('}', open);
        if (close == std::string::npos) {
            problem(key, "\"${\" without \"}\"");
            return std::nullopt;
        }
        auto const name = text.substr(open + 2, close - open - 2);
        auto const value = (*context_.environment)(name);
        if (!value) {
            problem(key, "the environment variable " + name + " is not set: set it before the start");
            return std::nullopt;
        }
        out += text.substr(at, open - at) + *value;
        at = close + 1;
    }
}

std::optional<std::string> TableReader::find_text(
    std::string_view key, std::string type, std::string const& fallback
) {
    auto const* node = find(key, std::move(type), fallback.empty() ? "" : quoted(fallback));
    if (node == nullptr) return std::nullopt;
    auto const* string = node->as_string();
    if (string == nullptr) {
        problem(key, "must be a string in quotes");
        return std::nullopt;
    }
    return expand(key, string->get());
}

bool TableReader::text(std::string_view key, std::string& value) {
    auto written = find_text(key, "text", value);
    if (written) value = std::move(*written);
    return written.has_value();
}

bool TableReader::flag(std::string_view key, bool& value) {
    auto const* node = find(key, "true/false", value ? "true" : "false");
    if (node == nullptr) return false;
    auto const* boolean = node->as_boolean();
    if (boolean == nullptr) {
        problem(key, "must be true or false");
        return false;
    }
    value = boolean->get();
    return true;
}

bool TableReader::number(std::string_view key, std::uint64_t least, std::uint64_t most, std::size_t& value) {
    auto const* node = find(key, "number", std::to_string(value));
    if (node == nullptr) return false;
    auto const* integer = node->as_integer();
    if (integer == nullptr || integer->get() < 0 || static_cast<std::uint64_t>(integer->get()) < least ||
        static_cast<std::uint64_t>(integer->get()) > most) {
        problem(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        return false;
    }
    value = static_cast<std::size_t>(integer->get());
    return true;
}

bool TableReader::number(std::string_view key, std::uint64_t least, std::uint64_t most, unsigned& value) {
    std::size_t wide = value;
    if (!number(key, least, most, wide)) return false;
    value = static_cast<unsigned>(wide);
    return true;
}

bool TableReader::decimal(std::string_view key, double& value) {
    auto const* node = find(key, "number", plain(value));
    if (node == nullptr) return false;
    auto const number = node->value<double>();
    if (!number || !(*number >= 0 && *number <= 1e6)) {
        problem(key, "must be a number from 0 to 1000000");
        return false;
    }
    value = *number;
    return true;
}

std::optional<std::chrono::milliseconds> TableReader::read_milliseconds(
    std::string_view key, std::chrono::milliseconds least, std::chrono::milliseconds fallback
) {
    auto const written = find_text(key, "duration", write_duration(fallback));
    if (!written) return std::nullopt;
    auto const value = read_duration(*written);
    if (!value)
        problem(
            key,
            as_written(key) +
                " is no duration: write a whole number and a unit, such as \"250ms\", \"10s\", \"5m\", "
                "\"2h\" or \"30d\""
        );
    if (!value || *value >= least) return value;
    problem(key, as_written(key) + " is too short: at least " + quoted(write_duration(least)));
    return std::nullopt;
}

std::optional<std::uint64_t> TableReader::read_bytes(
    std::string_view key, std::uint64_t least, std::uint64_t fallback
) {
    auto const written = find_text(key, "size", write_size(fallback));
    if (!written) return std::nullopt;
    auto const value = read_size(*written);
    if (!value)
        problem(
            key,
            as_written(key) +
                " is no size: write a whole number and a unit, such as \"512KiB\", \"20MiB\" or \"10GiB\""
        );
    if (!value || *value >= least) return value;
    problem(key, as_written(key) + " is too small: at least " + quoted(write_size(least)));
    return std::nullopt;
}

bool TableReader::texts(std::string_view key, std::vector<std::string>& values) {
    auto const* node = find(key, "list of texts", values.empty() ? "[]" : "");
    if (node == nullptr) return false;
    auto const* array = node->as_array();
    if (array == nullptr || (!array->empty() && !array->is_homogeneous(toml::node_type::string))) {
        problem(key, "must be a list of strings");
        return false;
    }
    std::vector<std::string> read;
    for (auto const& item : *array) {
        auto expanded = expand(key, item.as_string()->get());
        if (!expanded) return false;
        read.push_back(std::move(*expanded));
    }
    values = std::move(read);
    return true;
}

bool TableReader::fields(std::string_view key, std::vector<std::pair<std::string, std::string>>& values) {
    auto const* node = find(key, "table of texts", "");
    if (node == nullptr) return false;
    auto const* table = node->as_table();
    if (table == nullptr) {
        problem(key, "must be a table of strings, such as { Authorization = \"Bearer …\" }");
        return false;
    }
    std::vector<std::pair<std::string, std::string>> read;
    for (auto const& [name, value] : *table) {
        auto const* string = value.as_string();
        if (string == nullptr) {
            problem(key, std::string(name.str()) + " must be a string in quotes");
            return false;
        }
        auto expanded = expand(key, string->get());
        if (!expanded) return false;
        if (!ascii::is_token(name.str())) {
            problem(key, quoted(std::string(name.str())) + " is no name of a header");
            return false;
        }
        if (!net::is_field(name.str(), *expanded)) {
            problem(
                key, std::string(name.str()) + " must not contain line breaks or other control characters"
            );
            return false;
        }
        read.emplace_back(name.str(), std::move(*expanded));
    }
    values = std::move(read);
    return true;
}

bool TableReader::path(std::string_view key, std::string& value, bool must_exist) {
    auto const written = find_text(key, "file", value);
    if (!written) return false;
    if (written->empty() || *written == ":memory:") {
        value = *written;
        return true;
    }
    std::filesystem::path file = *written;
    if (file.is_relative()) file = context_.folder / file;
    if (must_exist && !std::ifstream(file)) {
        problem(key, "cannot read " + file.string());
        return false;
    }
    value = file.string();
    return true;
}

std::optional<std::size_t> TableReader::read_choice(
    std::string_view key, std::vector<std::string> const& names, std::string const& fallback
) {
    std::string list;
    for (auto const& name : names) list += (list.empty() ? "" : ", ") + quoted(name);
    auto const written = find_text(key, list, fallback);
    if (!written) return std::nullopt;
    auto const found = std::find(names.begin(), names.end(), *written);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    problem(key, as_written(key) + " is not offered: use one of " + list);
    return std::nullopt;
}

void TableReader::finish() {
    if (table_ == nullptr) return;
    for (auto const& [name, value] : *table_) {
        if (std::find(known_.begin(), known_.end(), name.str()) != known_.end()) continue;
        auto const meant = nearest(name.str(), known_);
        problem(name.str(), meant.empty() ? "unknown key" : "unknown key (did you mean \"" + meant + "\"?)");
    }
}

}  // namespace tributary::config
