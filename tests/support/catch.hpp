#pragma once
// The only place that knows which Catch2 is installed: 2.13 (Debian 12) or 3 (newer systems).
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_all.hpp>
namespace Catch::Matchers {
using Catch::Matchers::ContainsSubstring;
}
#else
#include <catch2/catch.hpp>
namespace Catch::Matchers {
inline auto ContainsSubstring(std::string const& text) { return Contains(text); }
}  // namespace Catch::Matchers
#endif
