#pragma once
#include <string>
#include <string_view>

namespace tributary::net {

/// Names of header fields, compared without case.
bool same_name(std::string_view a, std::string_view b);
/// Name: a token of RFC 9110. Value: no control characters but tab, so that no value can begin another field.
bool is_field(std::string_view name, std::string_view value);
bool is_token(std::string_view text);
void append_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace tributary::net
