#pragma once
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace tributary::fhir::test {

/// Where other people's files lie: $TRIBUTARY_SHARED, else beside the repository.
inline std::filesystem::path shared_folder() {
    if (auto const* folder = std::getenv("TRIBUTARY_SHARED")) return folder;
    return std::filesystem::path(TRIBUTARY_SOURCE_DIR) / ".." / "shared";
}

inline std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The files of one kind below a folder, in order; none, with a warning, where it is absent.
inline std::vector<std::filesystem::path> files(std::string const& folder, std::string const& extension) {
    auto const root = shared_folder() / folder;
    std::vector<std::filesystem::path> found;
    if (!std::filesystem::exists(root)) {
        WARN("skipped: there is no " << root);
        return found;
    }
    for (auto const& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().extension() == extension) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

inline std::vector<std::filesystem::path> json_files(std::string const& folder) {
    return files(folder, ".json");
}

}  // namespace tributary::fhir::test
