#include "examples/partner-simulator/search.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <initializer_list>
#include <utility>

#include "orchestrator/net/url.hpp"

namespace tributary::simulator {
namespace {

std::string form_decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return net::percent_decode(spaced);
}

/// Names and values, those without value left out.
std::vector<std::pair<std::string, std::string>> decode_pairs(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos || equals + 1 == pair.size()) continue;
        pairs.emplace_back(form_decode(pair.substr(0, equals)), form_decode(pair.substr(equals + 1)));
    }
    return pairs;
}

/// Splits at the separator, except where a backslash stands before it; undoes the escapes.
std::vector<std::string> split_escaped(std::string_view text, char separator) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            parts.back() += text[++i];
        } else if (text[i] == separator) {
            parts.emplace_back();
        } else {
            parts.back() += text[i];
        }
    }
    return parts;
}

bool any_value(Criterion const& criterion, std::function<bool(std::string const&)> const& fits) {
    return std::any_of(criterion.values.begin(), criterion.values.end(), fits);
}

std::optional<bool> match_text(Criterion const& criterion, std::vector<std::string> const& texts) {
    bool const exact = criterion.modifier == "exact";
    if (!exact && !criterion.modifier.empty()) return std::nullopt;
    return any_value(criterion, [&](std::string const& value) {
        return std::any_of(texts.begin(), texts.end(), [&](std::string const& text) {
            return exact ? text == value : fold(text).starts_with(fold(value));
        });
    });
}

struct Token {
    std::string system, code;
};

bool same_token(std::string_view value, Token const& token) {
    auto const bar = value.find('|');
    if (bar == std::string_view::npos) return value == token.code;
    auto const system = value.substr(0, bar), code = value.substr(bar + 1);
    return system == token.system && (code.empty() || code == token.code);
}

std::optional<bool> match_token(Criterion const& criterion, std::vector<Token> const& tokens) {
    bool const negated = criterion.modifier == "not";
    if (!negated && !criterion.modifier.empty()) return std::nullopt;
    bool const found = any_value(criterion, [&](std::string const& value) {
        return std::any_of(tokens.begin(), tokens.end(), [&](Token const& token) {
            return same_token(value, token);
        });
    });
    return found != negated;
}

/// A date of any precision as the first and the last second of its range, written so that they compare as text: 2020-03 is from
/// "2020-03-01T00:00:00" to "2020-03-99T99:99:99". The times of the data are UTC, so the zone is cut off.
std::pair<std::string, std::string> date_range(std::string_view date) {
    static constexpr std::string_view kFirst = "0000-01-01T00:00:00", kLast = "9999-99-99T99:99:99";
    auto const written = std::string(date.substr(0, kFirst.size()));
    return {
        written + std::string(kFirst.substr(written.size())),
        written + std::string(kLast.substr(written.size()))
    };
}

std::optional<bool> match_one_date(std::string_view value, std::string_view date) {
    std::string_view prefix = "eq";
    if (value.size() > 2 && std::isalpha(static_cast<unsigned char>(value[0])) != 0) {
        prefix = value.substr(0, 2);
        value.remove_prefix(2);
    }
    auto const [asked_from, asked_to] = date_range(value);
    auto const [from, to] = date_range(date);
    bool const inside = asked_from <= from && to <= asked_to;
    if (prefix == "eq") return inside;
    if (prefix == "ne") return !inside;
    if (prefix == "gt") return to > asked_to;
    if (prefix == "lt") return from < asked_from;
    if (prefix == "ge") return to >= asked_from;
    if (prefix == "le") return from <= asked_to;
    if (prefix == "sa") return from > asked_to;
    if (prefix == "eb") return to < asked_from;
    return std::nullopt;
}

std::optional<bool> match_date(Criterion const& criterion, std::string_view date) {
    if (!criterion.modifier.empty()) return std::nullopt;
    bool found = false;
    for (auto const& value : criterion.values) {
        auto const one = match_one_date(value, date);
        if (!one) return std::nullopt;
        found = found || (!date.empty() && *one);
    }
    return found;
}

std::string_view last_segment(std::string_view reference) {
    return reference.substr(reference.rfind('/') + 1);  // npos + 1 is 0: no slash, the whole
}

std::vector<Token> tokens_of(std::vector<Identifier> const& identifiers) {
    std::vector<Token> tokens;
    for (auto const& identifier : identifiers) tokens.push_back({identifier.system, identifier.value});
    return tokens;
}

/// Of any name, whatever its use.
std::vector<std::string> givens_of(Patient const& patient) {
    auto givens = patient.given;
    for (auto const& name : patient.other_names) {
        givens.insert(givens.end(), name.given.begin(), name.given.end());
    }
    return givens;
}
std::vector<std::string> families_of(Patient const& patient) {
    std::vector<std::string> families{patient.family};
    for (auto const& name : patient.other_names) families.push_back(name.family);
    return families;
}

}  // namespace

std::vector<Criterion> parse_query(std::string_view query) {
    std::vector<Criterion> criteria;
    for (auto const& [key, value] : decode_pairs(query)) {
        auto const colon = std::min(key.find(':'), key.size());
        Criterion criterion{key.substr(0, colon), {}, split_escaped(value, ',')};
        if (colon < key.size()) criterion.modifier = key.substr(colon + 1);
        criteria.push_back(std::move(criterion));
    }
    return criteria;
}

std::string render_query(std::vector<Criterion> const& criteria) {
    std::string query;
    for (auto const& criterion : criteria) {
        query += (query.empty() ? "" : "&") + criterion.name + (criterion.modifier.empty() ? "" : ":") +
                 criterion.modifier + '=';
        for (std::size_t i = 0; i < criterion.values.size(); ++i) {
            query += (i == 0 ? "" : ",") + net::percent_encode(criterion.values[i]);
        }
    }
    return query;
}

std::string_view value_of(std::vector<Criterion> const& criteria, std::string_view name) {
    for (auto const& criterion : criteria) {
        if (criterion.name == name) return criterion.values.front();
    }
    return {};
}

std::string raw_value_of(std::string_view query, std::string_view name) {
    for (auto const& [key, value] : decode_pairs(query)) {
        if (key == name) return value;
    }
    return {};
}

std::string fold(std::string_view text) {
    // U+00C0 to U+00FF, the second byte of their UTF-8 form (after 0xC3) as index; '.' stands for letters without a plain one.
    static constexpr std::string_view kPlain =
        "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y";
    std::string folded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte == 0xC3U && i + 1 < text.size()) {
            char const plain = kPlain[static_cast<unsigned char>(text[i + 1]) & 0x3FU];
            if (plain != '.') {
                folded += plain;
                ++i;
                continue;
            }
        }
        folded += static_cast<char>(std::tolower(byte));
    }
    return folded;
}

std::optional<bool> matches(Criterion const& criterion, Patient const& patient) {
    if (criterion.name == "given") return match_text(criterion, givens_of(patient));
    if (criterion.name == "family") return match_text(criterion, families_of(patient));
    if (criterion.name == "name") {
        auto parts = givens_of(patient);
        auto const families = families_of(patient);
        parts.insert(parts.end(), families.begin(), families.end());
        return match_text(criterion, parts);
    }
    if (criterion.name == "birthdate") return match_date(criterion, patient.birth_date);
    if (criterion.name == "gender") return match_token(criterion, {{"", patient.gender}});
    if (criterion.name == "identifier") return match_token(criterion, tokens_of(patient.identifiers));
    if (criterion.name == "_id") return match_token(criterion, {{"", patient.id}});
    if (criterion.name == "active") return match_token(criterion, {{"", "true"}});
    return std::nullopt;
}

std::optional<bool> matches(Criterion const& criterion, Document const& document) {
    if (criterion.name == "patient" || criterion.name == "subject") {
        return any_value(criterion, [&](std::string const& value) {
            return last_segment(value) == document.listed_for;
        });
    }
    if (criterion.name == "status") return match_token(criterion, {{"", document.status}});
    if (criterion.name == "type") return match_token(criterion, {{document.type.system, document.type.code}});
    if (criterion.name == "category") {
        return match_token(criterion, {{document.category.system, document.category.code}});
    }
    if (criterion.name == "date") return match_date(criterion, document.date);
    if (criterion.name == "identifier") {
        auto tokens = tokens_of(document.identifiers);
        tokens.push_back({document.master_identifier.system, document.master_identifier.value});
        return match_token(criterion, tokens);
    }
    if (criterion.name == "_id") return match_token(criterion, {{"", document.id}});
    return std::nullopt;
}

}  // namespace tributary::simulator
