#include "orchestrator/net/field.hpp"

#include <algorithm>

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

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

}  // namespace tributary::net
