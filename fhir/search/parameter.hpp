#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"

namespace tributary::fhir::search {

/// One search parameter: all its values are alternatives (OR). Names are canonical: subject, subject:Patient.given and patient:Patient.given become
/// patient and patient.given. A value.
struct Parameter {
    std::string name;                 ///< "patient.given", "status", "_id"
    std::string modifier;             ///< "exact", "contains", "missing", "not", "identifier" …, "" for none
    std::vector<std::string> values;  ///< percent-decoded; of FHIR's escapes only those of '|' stay
    bool operator==(Parameter const&) const = default;
};

/// What a value that is empty means: nothing in the query of a search, a mistake in criteria, which never fail open.
enum class EmptyValues { dropped, refused };

/// Splits a query string or form body: '&', first '=', ',' (before unescaping), percent-decoding once, '+' as space except before a UTC offset in
/// a date value. Understands any name. Errors: malformed; value (an empty one that is refused).
/// Source: subscriptions A5, document-sharing F.3.
Result<std::vector<Parameter>> parse_query(std::string_view query, EmptyValues empty = EmptyValues::dropped);

/// The query string again, values escaped and percent-encoded, in the order given.
std::string render(std::vector<Parameter> const& parameters);

/// NFKD, marks stripped, full case folding, white space and punctuation runs as one space, trimmed. Source: document-sharing F.5.
std::string fold(std::string_view text);

}  // namespace tributary::fhir::search
