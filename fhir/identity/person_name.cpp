#include "fhir/identity/person_name.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "fhir/search/parameter.hpp"

namespace tributary::fhir::identity {

namespace {

/// Folded, as a whole.
constexpr std::array<std::string_view, 22> kStandIns{
    "unk",       "unknown", "nn",        "n n",          "nomen nescio", "no name", "noname",  "not known",
    "anonymous", "anonym",  "unbekannt", "unidentified", "baby",         "newborn", "neonate", "infant",
    "baby a",    "baby b",  "twin a",    "twin b",       "twin 1",       "twin 2"
};
/// Folded, at the beginning: "Baby Boy Smith", "BabyGirl 2".
constexpr std::array<std::string_view, 8> kStandInBeginnings{
    "baby boy", "baby girl", "babyboy", "babygirl", "newborn boy", "newborn girl", "infant boy", "infant girl"
};

bool is_stand_in(std::string_view folded) {
    auto const begins = [folded](std::string_view start) { return folded.starts_with(start); };
    return std::find(kStandIns.begin(), kStandIns.end(), folded) != kStandIns.end() ||
           std::any_of(kStandInBeginnings.begin(), kStandInBeginnings.end(), begins);
}

}  // namespace

bool is_placeholder(HumanName const& name) {
    auto const family = search::fold(name.family);
    std::string givens;
    for (auto const& given : name.given) givens += ' ' + given;
    auto const given = search::fold(givens);
    auto const first = name.given.empty() ? std::string() : search::fold(name.given.front());
    if (family.empty() && given.empty()) {
        auto const text = search::fold(name.text);
        return text.empty() || is_stand_in(text);
    }
    return is_stand_in(family) || is_stand_in(given) || is_stand_in(first);
}

bool is_alias(HumanName const& name) {
    return name.use == "nickname" || name.use == "anonymous" || name.use == "old";
}

}  // namespace tributary::fhir::identity
