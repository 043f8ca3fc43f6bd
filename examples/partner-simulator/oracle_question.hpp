#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/oracle.hpp"
#include "examples/partner-simulator/search.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::simulator {

/// The criteria of a Subscription, taken apart.
struct Question {
    std::vector<Criterion> patient, document;
};
Result<Question> read_question(std::string_view criteria);

/// Whom a correct client accepts of what a community finds. Source: architecture 8; document-sharing A.4.
struct AcceptedPatients {
    std::vector<Patient const*> patients;
    bool ambiguous = false;  ///< several people: nobody is followed
};
AcceptedPatients accept_patients(Community const& community, Question const& question, Acceptance acceptance);

/// A name that is written where none is known.
bool is_stand_in(std::string const& name);

/// Do they share an identifier, without contradicting each other in birth date or gender?
bool share_identifier(Patient const& a, Patient const& b);

}  // namespace tributary::simulator
