#include "fhir/search/comparison.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fhir/base/ascii.hpp"
#include "fhir/resources/identifier_key.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::fhir::search {

namespace {

using Micros = std::chrono::sys_time<std::chrono::microseconds>;

constexpr std::array<std::string_view, 9> kPrefixes{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};

struct DateQuery {
    std::string_view prefix;
    DateRange range;
};

std::optional<DateQuery> read_date_query(std::string_view query) {
    auto const known = std::find(kPrefixes.begin(), kPrefixes.end(), query.substr(0, 2));
    auto const range = read_date(known == kPrefixes.end() ? query : query.substr(2));
    if (!range) return std::nullopt;
    return DateQuery{known == kPrefixes.end() ? "eq" : *known, *range};
}

/// A side that is missing is open; one that is no date makes the value unusable.
std::optional<DateRange> range_of(Period const& period) {
    DateRange range{Micros::min(), Micros::max()};
    if (!period.start.empty()) {
        auto const start = read_date(period.start);
        if (!start) return std::nullopt;
        range.from = start->from;
    }
    if (!period.end.empty()) {
        auto const end = read_date(period.end);
        if (!end) return std::nullopt;
        range.to = end->to;
    }
    return range;
}

bool overlaps_widely(DateRange const& asked, DateRange const& value, Micros now) {
    auto const distance = now < asked.from ? asked.from - now : now - asked.from;
    auto const margin = distance / 10;
    return value.from < asked.to + margin && value.to > asked.from - margin;
}

/// Undoes the escapes up to the first bar that has none, or of the whole text; `query` is then what follows that bar.
std::string take_escaped(std::string_view& query, bool stop_at_bar, bool& stopped) {
    std::string out;
    std::size_t backslashes = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
        if (query[i] == '\\') {
            ++backslashes;
            continue;
        }
        bool const bar = query[i] == '|';
        out.append(bar ? backslashes / 2 : backslashes, '\\');
        stopped = bar && stop_at_bar && backslashes % 2 == 0;
        backslashes = 0;
        if (stopped) {
            query.remove_prefix(i + 1);
            return out;
        }
        out += query[i];
    }
    query = {};
    return out.append(backslashes, '\\');
}

void add_escaped(std::string& out, std::string_view text, bool bar_follows) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const next = text.find_first_not_of('\\', i);
        bool const before_bar = next == std::string_view::npos ? bar_follows : text[next] == '|';
        if (text[i] == '|' || (text[i] == '\\' && before_bar)) out += '\\';
        out += text[i];
    }
}

}  // namespace

Token split_token(std::string_view query) {
    Token token;
    bool split = false;
    token.code = take_escaped(query, true, split);
    if (!split) return token;
    token.any_system = false;
    token.system = std::move(token.code);
    token.code = take_escaped(query, false, split);
    return token;
}

std::string token_query(std::string_view system, std::string_view code) {
    std::string out;
    add_escaped(out, system, true);
    out += '|';
    add_escaped(out, code, false);
    return out;
}

std::string plain_text(std::string_view query) {
    bool stopped = false;
    return take_escaped(query, false, stopped);
}

bool is_date_query(std::string_view query) { return read_date_query(query).has_value(); }

bool date_matches(std::string_view query, Period const& period, std::chrono::system_clock::time_point now) {
    auto const asked = read_date_query(query);
    auto const value = range_of(period);
    if (!asked || !value) return false;
    auto const& [prefix, range] = *asked;
    bool const equal = range.from <= value->from && value->to <= range.to;
    if (prefix == "eq") return equal;
    if (prefix == "ne") return !equal;
    if (prefix == "gt") return value->to > range.to;
    if (prefix == "lt") return value->from < range.from;
    if (prefix == "ge") return value->to > range.from;
    if (prefix == "le") return value->from < range.to;
    if (prefix == "sa") return value->from >= range.to;
    if (prefix == "eb") return value->to <= range.from;
    return overlaps_widely(range, *value, std::chrono::floor<std::chrono::microseconds>(now));
}

bool string_matches(std::string_view query, std::string_view modifier, std::string_view value) {
    if (modifier == "exact") return query == value;
    auto const asked = fold(query);
    if (asked.empty()) return false;
    auto const folded = fold(value);
    return modifier == "contains" ? folded.find(asked) != std::string::npos : folded.starts_with(asked);
}

bool token_matches(std::string_view query, Coding const& value) {
    auto const token = split_token(query);
    bool const system_fits =
        token.any_system || normalised_code_system(token.system) == normalised_code_system(value.system);
    bool const whole_system = !token.any_system && !token.system.empty() && token.code.empty();
    return system_fits && (whole_system || ascii::equal_without_case(token.code, value.code));
}

bool identifier_matches(std::string_view query, Identifier const& value) {
    auto const token = split_token(query);
    auto const asked = normalised_identifier({"", "", token.system, token.code});
    auto const held = normalised_identifier(value);
    bool const equal_value = ascii::equal_without_case(asked.value, held.value);
    if (token.any_system) {
        // A bare OID, UUID or root^extension names its system; anything else stands in any.
        return ascii::equal_without_case(token.code, value.value) ||
               (!asked.system.empty() && asked.system == held.system && equal_value);
    }
    if (token.code.empty()) return !token.system.empty() && asked.system == held.system;
    if (token.system.empty()) return value.system.empty() && equal_value;
    return asked.system == held.system && equal_value;
}

bool reference_matches(std::string_view query, Reference const& value) {
    if (value.identifier && !split_token(query).any_system && identifier_matches(query, *value.identifier))
        return true;
    if (value.reference.empty()) return false;
    if (query == value.reference) return true;
    bool const absolute =
        query.find("://") != std::string_view::npos || value.reference.find("://") != std::string::npos;
    auto const id = reference_id(query);
    auto const type = reference_type(query);
    if (absolute || id.empty() || id != reference_id(value.reference)) return false;
    return type.empty() || type == reference_type(value.reference);
}

std::string comparison_form(Type type, Parameter const& parameter, std::string_view value) {
    if (parameter.modifier == "exact" || parameter.modifier == "missing") return std::string(value);
    if (type == Type::string) return fold(value);
    if (type != Type::token && type != Type::identifier) return std::string(value);
    auto const token = split_token(value);
    if (type == Type::identifier && !token.any_system && !token.code.empty() && !token.system.empty()) {
        return ascii::lower(identifier_key({"", "", token.system, token.code}));
    }
    return ascii::lower(value);
}

}  // namespace tributary::fhir::search
