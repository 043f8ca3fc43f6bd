#include "subscriptions/matching.hpp"

#include <algorithm>

#include "fhir/search/document_search.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::search::Parameter;

constexpr std::size_t kLongestPrefix = 48;  ///< bytes of a family name that are filed
constexpr char kAnyone[] = "*";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// At most kLongestPrefix bytes, no character cut.
std::string shortened(std::string text) {
    if (text.size() <= kLongestPrefix) return text;
    std::size_t size = kLongestPrefix;
    while (size > 0 && continues_character(text[size])) --size;
    text.resize(size);
    return text;
}
std::string first_letter(std::string_view text) {
    std::size_t size = text.empty() ? 0 : 1;
    while (size < text.size() && continues_character(text[size])) ++size;
    return std::string(text.substr(0, size));
}

// Keys are coarser than the match they stand for: folding only ever brings more together.
std::string identifier_key(std::string_view value) {
    // system|value, root^extension and urn:oid:… are spellings of one identifier (document-sharing D.2): its last part is in all of them.
    value = value.substr(value.find_last_of("|^:") + 1);
    auto folded = fhir::search::fold(value);
    return folded.empty() ? folded : "i|" + folded;
}
std::string family_key(std::string_view family) {
    auto folded = fhir::search::fold(family);
    return folded.empty() ? folded : "f|" + shortened(std::move(folded));
}
std::string given_key(std::string_view given) {
    auto const letter = first_letter(fhir::search::fold(given));
    return letter.empty() ? letter : "g|" + letter;
}
std::string token_value(std::string_view token) {
    auto const bar = token.rfind('|');
    return std::string(bar == token.npos ? token : token.substr(bar + 1));
}

/// One key for each alternative of the parameter; empty where one of them has none.
template <class MakeKey>
std::vector<std::string> keys_of(Parameter const& parameter, MakeKey make_key) {
    std::vector<std::string> keys;
    for (auto const& value : parameter.values) {
        auto key = make_key(value);
        if (key.empty()) return {};
        keys.push_back(std::move(key));
    }
    return keys;
}

template <class MakeKey>
std::vector<std::string> keys_by(
    std::vector<Parameter> const& parameters, std::string_view name, MakeKey make_key
) {
    for (auto const& parameter : parameters) {
        if (parameter.name != name || !(parameter.modifier.empty() || parameter.modifier == "exact"))
            continue;
        auto keys = keys_of(parameter, make_key);
        if (!keys.empty()) return keys;
    }
    return {};
}

/// Calls use(rest) for the text from each word on.
template <class Use>
void from_each_word(std::string const& folded, Use use) {
    for (std::size_t at = 0; at < folded.size();) {
        use(std::string_view(folded).substr(at));
        auto const space = folded.find(' ', at);
        if (space == folded.npos) return;
        at = space + 1;
    }
}

void add_name_keys(fhir::HumanName const& name, std::vector<std::string>& keys) {
    from_each_word(fhir::search::fold(name.family), [&keys](std::string_view rest) {
        for (std::size_t size = 1; size <= std::min(rest.size(), kLongestPrefix); ++size) {
            if (size == rest.size() || !continues_character(rest[size]))
                keys.push_back("f|" + std::string(rest.substr(0, size)));
        }
    });
    for (auto const& given : name.given) {
        from_each_word(fhir::search::fold(given), [&keys](std::string_view rest) {
            keys.push_back("g|" + first_letter(rest));
        });
    }
}

bool asks_for_errors(Parameter const& parameter) {
    auto const names_it = [](std::string const& value) { return token_value(value) == "entered-in-error"; };
    return parameter.name == "status" && parameter.modifier.empty() &&
           std::any_of(parameter.values.begin(), parameter.values.end(), names_it);
}

}  // namespace

std::vector<std::string> subscription_keys(Plan const& plan) {
    auto const& patient = plan.search.patient;
    std::vector<std::string> keys;
    for (auto const& id : patient.references) keys.push_back("p|" + id);
    if (keys.empty()) keys = keys_by(patient.parameters, "identifier", identifier_key);
    if (keys.empty()) keys = keys_by(patient.parameters, "family", family_key);
    if (keys.empty()) keys = keys_by(patient.parameters, "given", given_key);
    if (keys.empty()) keys.push_back(kAnyone);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

std::vector<std::string> patient_keys(std::string_view patient_id, fhir::Patient const& patient) {
    std::vector<std::string> keys{"p|" + std::string(patient_id), kAnyone};
    for (auto const& identifier : patient.identifiers) {
        auto key = identifier_key(identifier.value);
        if (!key.empty()) keys.push_back(std::move(key));
    }
    for (auto const& name : patient.names) add_name_keys(name, keys);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

bool wants_patient(
    Plan const& plan,
    fhir::identity::Acceptance acceptance,
    fhir::Patient const& patient,
    std::vector<std::string> const& person_ids
) {
    auto const& query = plan.search.patient;
    auto const is_asked_for = [&](std::string const& id) {
        return std::find(query.references.begin(), query.references.end(), id) != query.references.end();
    };
    if (!query.references.empty() && std::none_of(person_ids.begin(), person_ids.end(), is_asked_for))
        return false;
    return query.parameters.empty() || fhir::identity::accepts(acceptance, query, patient);
}

bool wants_document(Plan const& plan, fhir::DocumentReference const& document) {
    auto const& filters = plan.search.filters;
    if (document.status == "entered-in-error" &&
        std::none_of(filters.begin(), filters.end(), asks_for_errors))
        return false;
    return fhir::search::matches_all(filters, document);
}

}  // namespace tributary::subscriptions
