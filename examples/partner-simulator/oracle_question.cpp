#include "examples/partner-simulator/oracle_question.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace tributary::simulator {
namespace {

constexpr std::size_t kMaxMatches = 5;

bool equals_a_value(Criterion const& criterion, std::string const& text) {
    return std::any_of(criterion.values.begin(), criterion.values.end(), [&](std::string const& value) {
        return fold(value) == fold(text);
    });
}

bool family_agrees(Criterion const& asked, std::vector<HumanName> const& names) {
    return std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
        return equals_a_value(asked, name.family);
    });
}

/// A part of one name, whole.
bool part_agrees(Criterion const& asked, std::vector<HumanName> const& names) {
    return std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
        return equals_a_value(asked, name.family) ||
               std::any_of(name.given.begin(), name.given.end(), [&](std::string const& given) {
                   return equals_a_value(asked, given);
               });
    });
}

/// The first given name asked for is the first of the name, further ones are any of it.
bool givens_agree(std::vector<Criterion> const& asked, HumanName const& name) {
    bool first = true;
    for (auto const& criterion : asked) {
        if (criterion.name != "given") continue;
        auto const last = first && !name.given.empty() ? name.given.begin() + 1 : name.given.end();
        bool const found = std::any_of(name.given.begin(), last, [&](std::string const& given) {
            return equals_a_value(criterion, given);
        });
        if (!found) return false;
        first = false;
    }
    return true;
}

/// Of real names: the family name whole, and all given names in one of them; a name of no kind is a whole part of one.
bool names_agree(std::vector<Criterion> const& asked, std::vector<HumanName> const& names) {
    bool const each = std::all_of(asked.begin(), asked.end(), [&](Criterion const& criterion) {
        if (criterion.name == "family") return family_agrees(criterion, names);
        return criterion.name != "name" || !criterion.modifier.empty() || part_agrees(criterion, names);
    });
    return each && std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
               return givens_agree(asked, name);
           });
}

}  // namespace

bool is_stand_in(std::string const& name) {
    static constexpr std::array<std::string_view, 4> kStandIns = {"", "unk", "unknown", "nn"};
    auto const folded = fold(name);
    return folded.starts_with("baby boy") || folded.starts_with("baby girl") ||
           std::find(kStandIns.begin(), kStandIns.end(), folded) != kStandIns.end();
}

namespace {

bool asks_for_identifier(std::vector<Criterion> const& asked) {
    return std::any_of(asked.begin(), asked.end(), [](Criterion const& criterion) {
        return criterion.name == "identifier" && !criterion.values.front().ends_with('|');
    });
}

bool accepts_strictly(std::vector<Criterion> const& asked, Patient const& patient) {
    auto const given = patient.given.empty() ? std::string() : patient.given.front();
    bool const nameless = is_stand_in(patient.family) || is_stand_in(given);
    return names_agree(asked, real_names(patient)) && (!nameless || asks_for_identifier(asked));
}

bool told_and_different(std::string const& a, std::string const& b) {
    auto const told = [](std::string const& text) { return !text.empty() && text != "unknown"; };
    return told(a) && told(b) && a != b;
}

bool are_one_person(std::vector<Patient const*> const& patients) {
    return std::all_of(patients.begin(), patients.end(), [&](Patient const* patient) {
        return patient == patients.front() || share_identifier(*patients.front(), *patient);
    });
}

}  // namespace

Result<Question> read_question(std::string_view criteria) {
    constexpr std::string_view kPrefix = "DocumentReference?", kPatient = "patient.";
    if (criteria.starts_with('/')) criteria.remove_prefix(1);
    if (!criteria.starts_with(kPrefix))
        return Failure(Errc::invalid, "criteria begin with DocumentReference?");
    Question question;
    for (auto& criterion : parse_query(criteria.substr(kPrefix.size()))) {
        bool const about_patient = criterion.name.starts_with(kPatient);
        if (about_patient) criterion.name.erase(0, kPatient.size());
        bool const known = about_patient ? matches(criterion, Patient{}).has_value()
                                         : matches(criterion, Document{}).has_value();
        bool const ours = criterion.name == "patient" || criterion.name == "subject";
        if (!known || ours)
            return Failure(Errc::not_supported, "the oracle does not know the parameter " + criterion.name);
        (about_patient ? question.patient : question.document).push_back(std::move(criterion));
    }
    if (question.patient.empty()) return Failure(Errc::invalid, "criteria say nothing about the patient");
    return question;
}

AcceptedPatients accept_patients(
    Community const& community, Question const& question, Acceptance acceptance
) {
    AcceptedPatients accepted;
    for (auto const& patient : community.patients) {
        bool const found =
            std::all_of(question.patient.begin(), question.patient.end(), [&](Criterion const& criterion) {
                return matches(criterion, patient).value_or(false);
            });
        if (found && (acceptance == Acceptance::search || accepts_strictly(question.patient, patient)))
            accepted.patients.push_back(&patient);
    }
    accepted.ambiguous = acceptance == Acceptance::strict && !are_one_person(accepted.patients);
    if (accepted.patients.size() > kMaxMatches) accepted.patients.resize(kMaxMatches);
    return accepted;
}

bool share_identifier(Patient const& a, Patient const& b) {
    if (told_and_different(a.birth_date, b.birth_date) || told_and_different(a.gender, b.gender))
        return false;
    return std::any_of(a.identifiers.begin(), a.identifiers.end(), [&](Identifier const& one) {
        return std::any_of(b.identifiers.begin(), b.identifiers.end(), [&](Identifier const& other) {
            return one.system == other.system && one.value == other.value;
        });
    });
}

}  // namespace tributary::simulator
