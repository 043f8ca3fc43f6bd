#include "orchestrator/net/field.hpp"

#include <algorithm>
#include <array>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

namespace {

bool is_value_character(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

bool is_field(std::string_view name, std::string_view value) {
    return ascii::is_token(name) && std::all_of(value.begin(), value.end(), is_value_character);
}

bool is_set_by_client(std::string_view name) {
    constexpr std::array<std::string_view, 5> kOurs{
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding"
    };
    return std::any_of(kOurs.begin(), kOurs.end(), [name](std::string_view ours) {
        return ascii::equal_without_case(name, ours);
    });
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

}  // namespace tributary::net
