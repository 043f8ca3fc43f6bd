#pragma once
#include <filesystem>

namespace tributary::cli {

/// `tributary check --config FILE`: validates, then asks each partner. Answers the exit code: 0 all good, 1 a partner fails, 2 a bad configuration.
/// Runs a loop of its own until then.
int run_check(std::filesystem::path const& config);

}  // namespace tributary::cli
