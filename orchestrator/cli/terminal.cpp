#include "orchestrator/cli/terminal.hpp"

#include <array>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace tributary::cli {
namespace {

constexpr std::string_view kEllipsis = "…";

std::string_view environment(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_unicode_locale() {
    for (auto const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        auto const value = environment(name);
        if (!value.empty())
            return value.find("UTF-8") != std::string_view::npos ||
                   value.find("utf8") != std::string_view::npos;
    }
    return false;
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::string_view code_of(Style style) {
    switch (style) {
        case Style::dim:
            return "\x1b[2m";
        case Style::bold:
            return "\x1b[1m";
        case Style::good:
            return "\x1b[32m";
        case Style::bad:
            return "\x1b[31m";
        case Style::busy:
            return "\x1b[33m";
        case Style::plain:
            break;
    }
    return {};
}

}  // namespace

Terminal detect_terminal() {
    Terminal terminal;
    auto const kind = environment("TERM");
    terminal.interactive = ::isatty(STDOUT_FILENO) == 1 && !kind.empty() && kind != "dumb";
    terminal.color = terminal.interactive && environment("NO_COLOR").empty();
    terminal.unicode = is_unicode_locale();
    winsize size{};
    if (terminal.interactive && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.width = size.ws_col;
    return terminal;
}

std::string styled(Terminal const& terminal, Style style, std::string_view text) {
    auto const code = terminal.color ? code_of(style) : std::string_view();
    if (code.empty()) return std::string(text);
    return std::string(code).append(text).append("\x1b[0m");
}

std::string printable(std::string_view text) {
    std::string safe;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        bool const control_c1 =
            byte == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
        if (control_c1) ++i;
        safe += control_c1 || byte < 0x20U || byte == 0x7FU ? '?' : text[i];
    }
    return safe;
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    for (char const byte : text) count += continues(byte) ? 0 : 1;
    return count;
}

std::string shorten(std::string_view text, std::size_t width) {
    if (columns(text) <= width) return std::string(text);
    if (width == 0) return {};
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size(); ++end) {
        if (!continues(text[end]) && seen++ == width - 1) break;
    }
    return std::string(text.substr(0, end)).append(kEllipsis);
}

std::string fit(std::string_view text, std::size_t width) {
    auto fitted = shorten(text, width);
    return fitted.append(width - columns(fitted), ' ');
}

}  // namespace tributary::cli
