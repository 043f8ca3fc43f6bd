#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

// FHIR search as the simulated communities do it, and the oracle with them. Written apart from fhir/search on purpose: a misreading there must not be
// confirmed here.

/// One parameter of a search; its values are alternatives.
struct Criterion {
    std::string name, modifier;
    std::vector<std::string> values;
};
/// Splits a query string or a form body; parameters without value are left out.
std::vector<Criterion> parse_query(std::string_view query);
/// Back again, for self links.
std::string render_query(std::vector<Criterion> const& criteria);
/// The first value of that name, "" where there is none.
std::string_view value_of(std::vector<Criterion> const& criteria, std::string_view name);

/// The same from a query string, decoded once but not taken apart.
std::string raw_value_of(std::string_view query, std::string_view name);

/// Lower case without accents (Latin letters), as string parameters compare.
std::string fold(std::string_view text);

/// Does the parameter let the resource through? Empty: a parameter, modifier or value the simulator does not know.
std::optional<bool> matches(Criterion const& criterion, Patient const& patient);
std::optional<bool> matches(Criterion const& criterion, Document const& document);

}  // namespace tributary::simulator
