#pragma once
#include <string>
#include <string_view>

/// Text as protocols compare it: ASCII alone, whatever the locale. All are pure; thread: any.
namespace tributary::ascii {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kBlank = " \t";  ///< optional white space of HTTP. Source: RFC 9110 5.6.3

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// -1 for what is no hexadecimal digit.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    char const small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}
std::string lower(std::string_view text);
bool equal_without_case(std::string_view a, std::string_view b);

/// Without what `space` names at both ends.
std::string_view trim(std::string_view text, std::string_view space = kBlank);

/// A token: a header's name, a method, the parts of a MIME type. Source: RFC 9110 5.6.2
bool is_token(std::string_view text);

}  // namespace tributary::ascii
