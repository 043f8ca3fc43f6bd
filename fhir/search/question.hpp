#pragma once
#include <string_view>

namespace tributary::fhir::search {

/// In a PatientQuery::key().
inline constexpr char kBetweenParameters = '\x1e';

/// Of two PatientQuery::key(): whoever fits the narrow question fits the wide one too, because that asks for less. An identifier asked for beside names
/// makes a question of its own: it lets aliases count.
bool covers(std::string_view wide, std::string_view narrow);

}  // namespace tributary::fhir::search
