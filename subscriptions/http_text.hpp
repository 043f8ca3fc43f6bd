#pragma once
#include <algorithm>
#include <string>
#include <string_view>

namespace tributary::subscriptions {

/// A token of RFC 9110: a header's name, the parts of a MIME type.
inline bool is_token(std::string_view text) {
    auto const allowed = [](char c) {
        constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kMarks.find(c) != kMarks.npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

/// Without spaces and tabs at both ends.
inline std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    auto const first = text.find_first_not_of(kSpace);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// ASCII only: for names of headers, schemes and MIME types.
inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace tributary::subscriptions
