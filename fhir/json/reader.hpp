#pragma once
#include <cstddef>
#include <string_view>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"

namespace tributary::fhir::json {

struct Limits {
    std::size_t depth = 64;
};

/// Parses one JSON document of valid UTF-8; a byte-order mark before it is skipped, U+0000 in a string becomes U+FFFD. Errors: malformed (detail: "line 3, column 7: reason"), duplicate_key and
/// too_deep (both with line, and the element path as expression). Costs some 10 µs per KiB: above 128 KiB use the worker.
Result<Value> read(std::string_view text, Limits limits = {});

}  // namespace tributary::fhir::json
