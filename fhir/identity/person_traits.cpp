#include "fhir/identity/person_traits.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/person_name.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::fhir::identity {

namespace {

using Words = std::set<std::string, std::less<>>;

void add_words(std::string_view name, Words& words) {
    auto const folded = search::fold(name);
    std::string_view rest = folded;
    while (!rest.empty()) {
        auto const end = std::min(rest.find(' '), rest.size());
        if (end > 0) words.emplace(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

Words families(Patient const& patient) {
    Words words;
    for (auto const& name : patient.names) {
        if (!is_placeholder(name)) add_words(name.family, words);
    }
    return words;
}

Words givens(Patient const& patient) {
    Words words;
    for (auto const& name : patient.names) {
        if (is_placeholder(name)) continue;
        for (auto const& given : name.given) add_words(given, words);
    }
    return words;
}

/// Latin letters, after folding.
bool is_latin(Words const& words) {
    return std::any_of(words.begin(), words.end(), [](std::string const& word) {
        return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    });
}

template <class Alike>
Agreement compare(Words const& a, Words const& b, Alike alike) {
    if (a.empty() || b.empty() || is_latin(a) != is_latin(b)) return Agreement::unknown;
    bool const agree = std::any_of(a.begin(), a.end(), [&](std::string const& one) {
        return std::any_of(b.begin(), b.end(), [&](std::string const& other) { return alike(one, other); });
    });
    return agree ? Agreement::agrees : Agreement::contradicts;
}

}  // namespace

Agreement family_names(Patient const& a, Patient const& b) {
    return compare(families(a), families(b), std::equal_to<std::string>());
}

Agreement given_names(Patient const& a, Patient const& b) {
    return compare(givens(a), givens(b), [](std::string const& one, std::string const& other) {
        return one.starts_with(other) || other.starts_with(one);
    });
}

Agreement birth_dates(Patient const& a, Patient const& b) {
    auto const common = std::min(a.birth_date.size(), b.birth_date.size());
    if (common == 0) return Agreement::unknown;
    bool const agree = a.birth_date.compare(0, common, b.birth_date, 0, common) == 0;
    return agree ? Agreement::agrees : Agreement::contradicts;
}

/// How many of family name, given names and birthDate compare so.
static std::ptrdiff_t count(Patient const& subject, Patient const& patient, Agreement wanted) {
    auto const traits = {
        family_names(subject, patient), given_names(subject, patient), birth_dates(subject, patient)
    };
    return std::count(traits.begin(), traits.end(), wanted);
}

bool is_somebody_else(Patient const& subject, Patient const& patient) {
    constexpr std::ptrdiff_t kTooMany = 2;
    return count(subject, patient, Agreement::contradicts) >= kTooMany;
}

bool is_about(Patient const& subject, Patient const& patient) {
    return !is_somebody_else(subject, patient) && count(subject, patient, Agreement::agrees) > 0;
}

}  // namespace tributary::fhir::identity
