#include <array>

#include <utf8proc.h>

#include "fhir/search/parameter.hpp"

namespace tributary::fhir::search {

namespace {

enum class Kind { kept, separator, dropped };

bool is_ascii(std::string_view text) {
    for (char const c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

/// Combining marks go, but spacing ones stay: in Indic scripts they are vowels, and names differ by them.
Kind kind_of(utf8proc_int32_t codepoint) {
    switch (utf8proc_category(codepoint)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF:
            return Kind::dropped;
        case UTF8PROC_CATEGORY_PC:
        case UTF8PROC_CATEGORY_PD:
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_PI:
        case UTF8PROC_CATEGORY_PF:
        case UTF8PROC_CATEGORY_PO:
        case UTF8PROC_CATEGORY_SK:
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
        case UTF8PROC_CATEGORY_CC:
            return Kind::separator;
        default:
            return Kind::kept;
    }
}

/// Collects what is kept, with one space for each run of separators inside.
class Folded {
public:
    void add(Kind kind, std::string_view utf8) {
        if (kind == Kind::separator) pending_ = !text_.empty();
        if (kind != Kind::kept) return;
        if (pending_) text_ += ' ';
        pending_ = false;
        text_ += utf8;
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    bool pending_ = false;
};

std::string fold_ascii(std::string_view text) {
    Folded folded;
    for (char c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        folded.add(kind_of(c), {&c, 1});
    }
    return folded.take();
}

std::vector<utf8proc_int32_t> decompose(std::string_view text) {
    constexpr auto kOptions = static_cast<utf8proc_option_t>(
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD
    );
    auto const* const bytes = reinterpret_cast<utf8proc_uint8_t const*>(text.data());
    auto const length = static_cast<utf8proc_ssize_t>(text.size());
    auto const needed = utf8proc_decompose(bytes, length, nullptr, 0, kOptions);
    if (needed <= 0) return {};
    std::vector<utf8proc_int32_t> codepoints(static_cast<std::size_t>(needed));
    utf8proc_decompose(bytes, length, codepoints.data(), needed, kOptions);
    return codepoints;
}

}  // namespace

std::string fold(std::string_view text) {
    if (is_ascii(text)) return fold_ascii(text);
    Folded folded;
    for (auto const codepoint : decompose(text)) {
        std::array<utf8proc_uint8_t, 4> buffer{};
        auto const size = utf8proc_encode_char(codepoint, buffer.data());
        folded.add(
            kind_of(codepoint), {reinterpret_cast<char const*>(buffer.data()), static_cast<std::size_t>(size)}
        );
    }
    return folded.take();
}

}  // namespace tributary::fhir::search
