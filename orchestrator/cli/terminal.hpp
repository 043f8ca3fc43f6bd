#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tributary::cli {

/// What standard output can show.
struct Terminal {
    bool interactive = false;  ///< a terminal: lines can be redrawn in place
    bool color = false;
    bool unicode = false;
    std::size_t width = 80;
};
/// Asks the system. Colour: a terminal without NO_COLOR and not "dumb".
Terminal detect_terminal();

enum class Style { plain, dim, bold, good, bad, busy };
/// The text in that style, or as it is where the terminal has no colour.
std::string styled(Terminal const& terminal, Style style, std::string_view text);

/// What somebody else wrote, safe to print: control characters become '?', so that no document can send the terminal commands.
std::string printable(std::string_view text);
/// Columns of a UTF-8 text, counted by code points.
std::size_t columns(std::string_view text);
/// Exactly `width` columns: cut, with an ellipsis, or filled with spaces.
std::string fit(std::string_view text, std::size_t width);
/// At most `width` columns.
std::string shorten(std::string_view text, std::size_t width);

}  // namespace tributary::cli
