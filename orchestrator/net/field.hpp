#pragma once
#include <string>
#include <string_view>

namespace tributary::net {

/// Name: a token of RFC 9110. Value: no control characters but tab, so that no value can begin another field.
bool is_field(std::string_view name, std::string_view value);
void append_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace tributary::net
