#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

// Patient/$match (ITI-119) as a community does it. Source: document-sharing A.2.

enum class MatchGrade { possible, probable, certain };
std::string_view wire(MatchGrade grade);

/// What is asked: a Patient of which only some parts are told.
struct MatchQuestion {
    Patient patient;
    bool only_certain = false;
    std::size_t count = 50;
};
/// Reads Parameters, or a bare Patient. Errors: invalid (neither, or nothing to go by).
Result<MatchQuestion> read_match_question(std::string_view body);

struct GradedMatch {
    Patient const* patient;
    MatchGrade grade;
};
/// The most likely first. certain: every part told agrees, names as a whole; several of them only where they share an identifier, else none of them is
/// certain. probable: names agree in part, or a birth date is missing. possible: a search would find it. What contradicts is left out.
std::vector<GradedMatch> match_patients(std::vector<Patient> const& patients, MatchQuestion const& question);

/// entry.search: mode, score and grade.
fhir::json::Value to_search(MatchGrade grade);

}  // namespace tributary::simulator
