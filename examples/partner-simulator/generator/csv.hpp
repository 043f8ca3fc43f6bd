#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::simulator {

using CsvRow = std::map<std::string, std::string, std::less<>>;

/// The rows of a table whose first line names its columns; a field may stand in double quotes.
std::vector<CsvRow> read_csv(std::string_view text);

}  // namespace tributary::simulator
