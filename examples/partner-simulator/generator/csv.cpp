#include "examples/partner-simulator/generator/csv.hpp"

#include <algorithm>
#include <cstddef>

namespace tributary::simulator {
namespace {

/// The fields of the first line, which is taken off the text.
std::vector<std::string> take_line(std::string_view& text) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    std::size_t i = 0;
    for (; i < text.size() && (quoted || text[i] != '\n'); ++i) {
        char const c = text[i];
        bool const doubled = quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"';
        if (doubled) {
            fields.back() += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else if (c != '\r' || quoted) {
            fields.back() += c;
        }
    }
    text.remove_prefix(std::min(i + 1, text.size()));
    return fields;
}

}  // namespace

std::vector<CsvRow> read_csv(std::string_view text) {
    std::vector<CsvRow> rows;
    auto const columns = take_line(text);
    while (!text.empty()) {
        auto const fields = take_line(text);
        CsvRow row;
        for (std::size_t i = 0; i < fields.size() && i < columns.size(); ++i) row[columns[i]] = fields[i];
        if (fields.size() > 1) rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace tributary::simulator
