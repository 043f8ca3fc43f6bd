#include "examples/partner-simulator/patient_match.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "examples/partner-simulator/search.hpp"
#include "fhir/json/reader.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

constexpr char kMatchGrade[] = "http://hl7.org/fhir/StructureDefinition/match-grade";

Patient read_patient(Value const& resource) {
    Patient patient;
    for (auto const& name : resource.items("name")) {
        if (patient.family.empty()) patient.family = name.text("family");
        for (auto const& given : name.items("given")) patient.given.emplace_back(given.text());
    }
    for (auto const& identifier : resource.items("identifier")) {
        patient.identifiers.push_back(
            {std::string(identifier.text("system")), std::string(identifier.text("value"))}
        );
    }
    patient.birth_date = resource.text("birthDate");
    patient.gender = resource.text("gender");
    return patient;
}

void read_parameter(Value const& parameter, MatchQuestion& question) {
    auto const name = parameter.text("name");
    if (name == "resource" && parameter.find("resource") != nullptr)
        question.patient = read_patient(*parameter.find("resource"));
    auto const* only = parameter.find("valueBoolean");
    if (name == "onlyCertainMatches" && only != nullptr) question.only_certain = *only == Value(true);
    auto const* count = parameter.find("valueInteger");
    auto const* number = count == nullptr ? nullptr : count->get<fhir::json::Number>();
    if (name == "count" && number != nullptr)
        std::from_chars(number->text.data(), number->text.data() + number->text.size(), question.count);
}

bool holds(Patient const& patient, Identifier const& asked) {
    return std::any_of(patient.identifiers.begin(), patient.identifiers.end(), [&](Identifier const& held) {
        return held.value == asked.value && (asked.system.empty() || held.system == asked.system);
    });
}

bool contradicts(Patient const& asked, Patient const& held) {
    bool const born = !held.birth_date.empty() && !held.birth_date.starts_with(asked.birth_date);
    bool const gender = !asked.gender.empty() && !held.gender.empty() && held.gender != asked.gender;
    bool const other =
        std::any_of(asked.identifiers.begin(), asked.identifiers.end(), [&](Identifier const& identifier) {
            return !holds(held, identifier);
        });
    return born || gender || other;
}

using Agrees = bool (*)(std::string const& asked, std::string const& held);
bool equal(std::string const& asked, std::string const& held) { return fold(asked) == fold(held); }
bool begins(std::string const& asked, std::string const& held) { return fold(held).starts_with(fold(asked)); }

bool is_any_of(std::string const& asked, std::vector<std::string> const& held, Agrees agrees) {
    return std::any_of(held.begin(), held.end(), [&](std::string const& name) {
        return agrees(asked, name);
    });
}

bool givens_agree(Patient const& asked, HumanName const& held, Agrees agrees) {
    return std::all_of(asked.given.begin(), asked.given.end(), [&](std::string const& given) {
        return is_any_of(given, held.given, agrees);
    });
}

bool family_agrees(Patient const& asked, HumanName const& held, Agrees agrees) {
    return asked.family.empty() || agrees(asked.family, held.family);
}

bool first_given_agrees(Patient const& asked, HumanName const& held) {
    return asked.given.empty() || (!held.given.empty() && equal(asked.given.front(), held.given.front()));
}

std::optional<MatchGrade> grade_of_name(Patient const& asked, HumanName const& held) {
    bool const whole = family_agrees(asked, held, equal) && givens_agree(asked, held, equal);
    if (whole) return first_given_agrees(asked, held) ? MatchGrade::certain : MatchGrade::probable;
    bool const in_part = family_agrees(asked, held, begins) && givens_agree(asked, held, begins);
    return in_part ? std::optional(MatchGrade::possible) : std::nullopt;
}

std::optional<MatchGrade> grade_of(Patient const& asked, Patient const& held) {
    if (contradicts(asked, held)) return std::nullopt;
    std::optional<MatchGrade> best;
    for (auto const& name : real_names(held)) best = std::max(best, grade_of_name(asked, name));
    for (auto const& name :
         held.other_names)  // an alias is good to find somebody by, and no proof of who it is
        best = std::max(best, std::min(grade_of_name(asked, name), std::optional(MatchGrade::probable)));
    bool const born_unknown = !asked.birth_date.empty() && held.birth_date.empty();
    if (born_unknown && best == MatchGrade::certain) best = MatchGrade::probable;
    return best;
}

bool share_identifier(Patient const& a, Patient const& b) {
    return std::any_of(a.identifiers.begin(), a.identifiers.end(), [&](Identifier const& identifier) {
        return holds(b, identifier);
    });
}

/// Who cannot be told apart, nor be shown to be one person, is certain for nobody.
void doubt_strangers(std::vector<GradedMatch>& matches) {
    auto const end = std::find_if(matches.begin(), matches.end(), [](GradedMatch const& match) {
        return match.grade != MatchGrade::certain;
    });
    bool const one_person = std::all_of(matches.begin(), end, [&](GradedMatch const& match) {
        return share_identifier(*matches.front().patient, *match.patient);
    });
    if (one_person) return;
    std::for_each(matches.begin(), end, [](GradedMatch& match) { match.grade = MatchGrade::probable; });
}

}  // namespace

std::string_view wire(MatchGrade grade) {
    constexpr std::array<std::string_view, 3> kNames = {"possible", "probable", "certain"};
    return kNames.at(static_cast<std::size_t>(grade));
}

Result<MatchQuestion> read_match_question(std::string_view body) {
    auto const resource = fhir::json::read(body);
    if (!resource) return Failure(Errc::invalid, "the body of $match is not JSON");
    MatchQuestion question;
    if (resource->text("resourceType") == "Patient") question.patient = read_patient(*resource);
    for (auto const& parameter : resource->items("parameter")) read_parameter(parameter, question);
    auto const& patient = question.patient;
    if (patient.family.empty() && patient.given.empty() && patient.identifiers.empty())
        return Failure(Errc::invalid, "$match needs a Patient with a name or an identifier");
    return question;
}

std::vector<GradedMatch> match_patients(std::vector<Patient> const& patients, MatchQuestion const& question) {
    std::vector<GradedMatch> matches;
    for (auto const& patient : patients) {
        if (auto const grade = grade_of(question.patient, patient)) matches.push_back({&patient, *grade});
    }
    std::stable_sort(matches.begin(), matches.end(), [](GradedMatch const& a, GradedMatch const& b) {
        return a.grade > b.grade;
    });
    doubt_strangers(matches);
    if (question.only_certain)
        std::erase_if(matches, [](GradedMatch const& match) { return match.grade != MatchGrade::certain; });
    if (matches.size() > question.count) matches.resize(question.count);
    return matches;
}

Value to_search(MatchGrade grade) {
    constexpr std::array<char const*, 3> kScores = {"0.5", "0.8", "0.99"};
    auto extension = object({{"url", kMatchGrade}, {"valueCode", wire(grade)}});
    return object(
        {{"extension", array({std::move(extension)})},
         {"mode", "match"},
         {"score", fhir::json::Number{kScores.at(static_cast<std::size_t>(grade))}}}
    );
}

}  // namespace tributary::simulator
