#pragma once
#include <cstddef>
#include <string>

#include "fhir/search/patient_query.hpp"

namespace tributary::partner {

/// The body of a $match (ITI-119): Parameters with a Patient as far as the question can be told as one.
struct MatchRequest {
    std::string body;
    bool complete =
        true;  ///< false: the question has alternatives or comparisons, which only a search can ask for
};
/// `count`: the most Patients that may come back. Pure. Source: document-sharing A.2.
MatchRequest make_match_request(fhir::search::PatientQuery const& query, std::size_t count);

}  // namespace tributary::partner
