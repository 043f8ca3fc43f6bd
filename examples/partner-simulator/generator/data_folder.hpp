#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "examples/partner-simulator/generator/source_data.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::simulator {

/// Where the test data lie if nobody says: TRIBUTARY_SHARED/data, else `shared/data` beside the first folder above the program that has one,
/// else beside one above the current folder. Empty: nowhere.
std::optional<std::filesystem::path> find_data_folder(std::filesystem::path const& program);

/// Reads a folder laid out like shared/data: MANIFEST.csv says which files there are and whose they are. `only`: the keys of the persons wanted,
/// as the manifest writes them up to their ends; empty: everybody. Errors: not_found (no manifest), malformed (a file that cannot be read; its name).
Result<SourceData> read_data_folder(std::filesystem::path const& folder, std::set<std::string> const& only);

}  // namespace tributary::simulator
