#pragma once
#include <filesystem>

#include "orchestrator/base/logger.hpp"

namespace tributary::cli {

struct ServeOptions {
    std::filesystem::path config;
    LogFormat log_format = LogFormat::text;
    LogLevel log_level = LogLevel::info;
};

/// `tributary serve`. Answers the exit code: 0 after SIGTERM or SIGINT, 1 when it cannot start, 2 for a bad configuration.
int run_serve(ServeOptions const& options);

}  // namespace tributary::cli
