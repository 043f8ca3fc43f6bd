#include "fhir/search/parameter.hpp"

#include <optional>
#include <utility>

#include <utf8proc.h>

#include "fhir/base/ascii.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::fhir::search {

namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kPlainInQuery = ":/@";  // legal in a query, and no delimiter

bool is_text(std::string_view text) {
    while (!text.empty()) {
        utf8proc_int32_t codepoint = 0;
        auto const* const bytes = reinterpret_cast<utf8proc_uint8_t const*>(text.data());
        auto const length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
        if (length <= 0 || codepoint == 0) return false;
        text.remove_prefix(static_cast<std::size_t>(length));
    }
    return true;
}

/// Empty: a broken escape, U+0000, or no UTF-8.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
            continue;
        }
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        int const high = ascii::hex_value(text[i + 1]);
        int const low = ascii::hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (!is_text(out)) return std::nullopt;
    return out;
}

std::string percent_encoded(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (char const c : text) {
        if (kUnreserved.find(c) != std::string_view::npos ||
            kPlainInQuery.find(c) != std::string_view::npos) {
            out += c;
        } else {
            auto const byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

/// 2020-01-01T00:00 01:00 becomes 2020-01-01T00:00+01:00: form decoding has eaten the sign of the offset.
void restore_offset(std::string& value) {
    constexpr std::size_t kOffset = 6;  // " 01:00"
    if (value.size() < kOffset || value[value.size() - kOffset] != ' ') return;
    auto date = value;
    date[date.size() - kOffset] = '+';
    std::string_view digits(date);
    while (!digits.empty() && digits.front() >= 'a' && digits.front() <= 'z')
        digits.remove_prefix(1);  // ge, lt, …
    if (read_date(digits)) value = std::move(date);
}

std::size_t backslashes_at_end(std::string_view text) {
    auto const last = text.find_last_not_of('\\');
    return text.size() - (last == std::string_view::npos ? 0 : last + 1);
}

/// Splits at commas that no backslash escapes, and undoes the escapes. Only who knows that it is a token can undo those of a bar: they stay, and
/// backslashes before a bar are escaped, so that each bar can be told for what it is.
std::vector<std::string> alternatives(std::string_view text) {
    std::vector<std::string> values(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto& value = values.back();
        bool const escaped = text[i] == '\\' && i + 1 < text.size();
        if (escaped) ++i;
        if (text[i] == '|') {
            value.append(backslashes_at_end(value) + (escaped ? 1 : 0), '\\');
            value += '|';
        } else if (text[i] == ',' && !escaped) {
            values.emplace_back();
        } else {
            value += text[i];
        }
    }
    for (auto& value : values) restore_offset(value);
    return values;
}

bool names_type(std::string_view text) { return !text.empty() && text.front() >= 'A' && text.front() <= 'Z'; }

/// patient and subject, with or without the type Patient, become patient; what follows the first ':' or '.' stays.
void set_name(Parameter& parameter, std::string_view name) {
    auto const head_end = name.find_first_of(":.");
    auto head = name.substr(0, head_end);
    auto rest = head_end == std::string_view::npos ? std::string_view() : name.substr(head_end);
    if (head == "subject") head = "patient";
    constexpr std::string_view kPatientType = ":Patient";
    if (head == "patient" && rest.starts_with(kPatientType)) {
        auto const after = rest.substr(kPatientType.size());
        if (after.empty() || after.front() == '.' || after.front() == ':') rest = after;
    }
    parameter.name = std::string(head) + std::string(rest);
    auto const colon = parameter.name.rfind(':');
    if (colon == std::string::npos) return;
    // author:Practitioner.family is a chain, no modifier: it stays in the name, where nobody offers it.
    auto const modifier = std::string_view(parameter.name).substr(colon + 1);
    if (names_type(modifier) && modifier.find('.') != std::string_view::npos) return;
    parameter.modifier = modifier;
    parameter.name.erase(colon);
}

/// Backslashes before a bar are escaped already.
std::string escaped(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        char const c = value[i];
        auto const next = value.find_first_not_of('\\', i);
        bool const before_bar = next != std::string_view::npos && value[next] == '|';
        if (c == ',' || c == '$' || (c == '\\' && !before_bar)) out += '\\';
        out += c;
    }
    return out;
}

Failure empty_value(std::string const& name) {
    return Failure(
        Errc::value, name + " has an empty value: write " + name + "=[value], or leave the parameter out"
    );
}

}  // namespace

Result<std::vector<Parameter>> parse_query(std::string_view query, EmptyValues empty) {
    std::vector<Parameter> parameters;
    while (!query.empty()) {
        auto const part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        auto const equals = part.find('=');
        auto const name = percent_decoded(part.substr(0, equals));
        auto const value =
            percent_decoded(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
        if (!name || !value) {
            return Failure(
                Errc::malformed,
                "the query has a broken %-escape or is not UTF-8 in parameter " +
                    std::to_string(parameters.size() + 1)
            );
        }
        if (name->empty()) return Failure(Errc::malformed, "the query has a value without a parameter name");
        Parameter parameter;
        set_name(parameter, *name);
        parameter.values = alternatives(*value);
        auto const dropped =
            std::erase_if(parameter.values, [](std::string const& one) { return one.empty(); });
        if (dropped > 0 && empty == EmptyValues::refused) return empty_value(parameter.name);
        if (!parameter.values.empty()) parameters.push_back(std::move(parameter));
    }
    return parameters;
}

std::string render(std::vector<Parameter> const& parameters) {
    std::string out;
    for (auto const& parameter : parameters) {
        if (!out.empty()) out += '&';
        out += percent_encoded(parameter.name);
        if (!parameter.modifier.empty()) out += ':' + percent_encoded(parameter.modifier);
        char separator = '=';
        for (auto const& value : parameter.values) {
            out += separator;
            out += percent_encoded(escaped(value));
            separator = ',';
        }
    }
    return out;
}

}  // namespace tributary::fhir::search
