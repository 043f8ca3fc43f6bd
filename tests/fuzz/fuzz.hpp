#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace tributary::fuzz {

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};  // NOLINT(*-reinterpret-cast): bytes as text
}

/// Ends the process, which libFuzzer keeps as a finding, unless `holds`.
inline void expect(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "expected: " << what << '\n';
    std::abort();
}

}  // namespace tributary::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
