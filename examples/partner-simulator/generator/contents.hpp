#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

// Bytes of documents in the forms that communities keep them in.

/// A note as a community of that family keeps it: HTML and RTF side by side, a PDF, or as it is. Anything but plain text stays as it is.
std::vector<Content> contents_at(Family family, std::vector<Content> const& native);

std::string to_html(std::string_view title, std::string_view text);
std::string to_rtf(std::string_view text);
/// As many pages as the lines need.
std::string to_pdf(std::string_view text);

/// Other bytes that say the same, with the same identity inside: other white space. Empty: not possible with that type.
std::optional<Bytes> re_serialised(Content const& content);
/// Bytes that say more, with an identity of their own where the type has one.
Bytes amended(Content const& content, std::string_view identity, std::string_view line);

}  // namespace tributary::simulator
