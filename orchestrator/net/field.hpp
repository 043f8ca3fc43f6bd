#pragma once
#include <string>
#include <string_view>

namespace tributary::net {

/// Name: a token of RFC 9110. Value: no control characters but tab, so that no value can begin another field.
bool is_field(std::string_view name, std::string_view value);
/// The client sets it on each request itself: what else is given for it is not sent.
bool is_set_by_client(std::string_view name);
void append_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace tributary::net
