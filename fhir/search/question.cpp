#include "fhir/search/question.hpp"

#include <algorithm>
#include <vector>

namespace tributary::fhir::search {

namespace {

using Parts = std::vector<std::string_view>;

/// One for each parameter.
Parts parts_of(std::string_view key) {
    Parts parts;
    while (!key.empty()) {
        auto const end = std::min(key.find(kBetweenParameters), key.size());
        parts.push_back(key.substr(0, end));
        key.remove_prefix(std::min(end + 1, key.size()));
    }
    return parts;
}

bool is_among(Parts const& parts, std::string_view part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
}

/// The first name asked for; empty: none.
std::string_view first_given(Parts const& parts) {
    auto const given =
        std::find_if(parts.begin(), parts.end(), [](auto part) { return part.starts_with("given="); });
    return given == parts.end() ? std::string_view() : *given;
}

}  // namespace

bool covers(std::string_view wide, std::string_view narrow) {
    auto const asked = parts_of(wide);
    auto const fitting = parts_of(narrow);
    bool const asks_less =
        std::all_of(asked.begin(), asked.end(), [&](auto part) { return is_among(fitting, part); });
    bool const lets_aliases_count = std::any_of(fitting.begin(), fitting.end(), [&](auto part) {
        return part.starts_with("identifier=") && !is_among(asked, part);
    });
    auto const first = first_given(asked);
    return asks_less && !lets_aliases_count && (first.empty() || first == first_given(fitting));
}

}  // namespace tributary::fhir::search
