#include "examples/partner-simulator/oracle_persons.hpp"

#include <algorithm>
#include <numeric>

#include "examples/partner-simulator/oracle_question.hpp"
#include "examples/partner-simulator/search.hpp"

namespace tributary::simulator {
namespace {

bool same_name(HumanName const& a, HumanName const& b) {
    if (a.given.empty() || b.given.empty() || is_stand_in(a.family) || is_stand_in(a.given.front()))
        return false;
    return fold(a.family) == fold(b.family) && fold(a.given.front()) == fold(b.given.front());
}

/// All of them told, and equal: family and first given name of a real name, birth date and gender.
bool same_demographics(Patient const& a, Patient const& b) {
    bool const told = !a.birth_date.empty() && !a.gender.empty() && a.gender != "unknown";
    if (!told || a.birth_date != b.birth_date || a.gender != b.gender) return false;
    auto const names_of_a = real_names(a), names_of_b = real_names(b);
    return std::any_of(names_of_a.begin(), names_of_a.end(), [&](HumanName const& one) {
        return std::any_of(names_of_b.begin(), names_of_b.end(), [&](HumanName const& other) {
            return same_name(one, other);
        });
    });
}

}  // namespace

bool is_linked(KnownPatient const& a, KnownPatient const& b) {
    if (a.patient == b.patient || share_identifier(*a.patient, *b.patient)) return true;
    return a.community != b.community && same_demographics(*a.patient, *b.patient);
}

std::vector<std::size_t> persons_of(std::vector<KnownPatient> const& patients) {
    std::vector<std::size_t> person(patients.size());
    std::iota(person.begin(), person.end(), std::size_t{0});
    for (std::size_t a = 0; a < patients.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            if (person[a] == person[b] || !is_linked(patients[a], patients[b])) continue;
            auto const joined = person[b], former = person[a];
            for (auto& each : person) each = each == former ? joined : each;
        }
    }
    return person;
}

}  // namespace tributary::simulator
