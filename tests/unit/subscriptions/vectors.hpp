#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"

namespace tributary::subscriptions {

/// Where other people's messages lie: $TRIBUTARY_SHARED, else beside the repository. Empty: not there.
inline std::optional<std::filesystem::path> vectors() {
    auto const* const configured = std::getenv("TRIBUTARY_SHARED");
    std::filesystem::path const shared =
        configured != nullptr ? configured : TRIBUTARY_SOURCE_DIR "/../shared";
    auto folder = shared / "vectors" / "subscriptions";
    if (std::filesystem::is_directory(folder)) return folder;
    WARN("no vectors at " << folder.string() << ": skipped");
    return std::nullopt;
}

inline fhir::json::Value parsed(std::string_view text) {
    auto value = fhir::json::read(text);
    INFO(text);
    REQUIRE(value.has_value());
    return std::move(*value);
}

inline fhir::json::Value vector_file(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    INFO(file.string());
    return parsed(text);
}

}  // namespace tributary::subscriptions
