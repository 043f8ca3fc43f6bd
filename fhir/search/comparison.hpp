#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "fhir/search/parameter.hpp"
#include "fhir/search/table.hpp"

namespace tributary::fhir::search {

// How one value of a query is compared with one value of a resource. Source: document-sharing F.4 to F.7.

/// A token of a query in its parts, the escapes of bars undone.
struct Token {
    bool any_system = true;  ///< no system is given; otherwise "" is that there is none
    std::string system, code;
};
/// At the first bar without a backslash before it. Source: subscriptions A5.
Token split_token(std::string_view query);
/// The other way round: system|code, with the bars in them escaped.
std::string token_query(std::string_view system, std::string_view code);
/// The value of a query that is no token: a bar in it is a character, with a backslash before it or without.
std::string plain_text(std::string_view query);

/// Prefix and date, e.g. "ge2020-03". `now` matters for ap only: it widens by a tenth of the distance to it.
bool date_matches(std::string_view query, Period const& period, std::chrono::system_clock::time_point now);
/// A date, with one of the prefixes or none.
bool is_date_query(std::string_view query);

/// Starts with, after folding; :exact the same to the byte, :contains anywhere.
bool string_matches(std::string_view query, std::string_view modifier, std::string_view value);
/// code, system|code, |code, system| ; codes without case.
bool token_matches(std::string_view query, Coding const& value);
/// The same for identifiers, both sides normalised.
bool identifier_matches(std::string_view query, Identifier const& value);
/// A reference as written, Type/id or id; or system|value of a logical reference.
bool reference_matches(std::string_view query, Reference const& value);

/// The spelling under which equal values of a query are equal.
std::string comparison_form(Type type, Parameter const& parameter, std::string_view value);

}  // namespace tributary::fhir::search
