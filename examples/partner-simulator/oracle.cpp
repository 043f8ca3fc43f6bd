#include "examples/partner-simulator/oracle.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "examples/partner-simulator/search.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;

constexpr std::size_t kMaxMatches = 5;

struct Question {
    std::vector<Criterion> patient, document;
};

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

bool equals_a_value(Criterion const& criterion, std::string const& text) {
    return std::any_of(criterion.values.begin(), criterion.values.end(), [&](std::string const& value) {
        return fold(value) == fold(text);
    });
}

/// The whole family name; the first given name asked for is the Patient's first, further ones are any of it.
bool names_agree(std::vector<Criterion> const& asked, Patient const& patient) {
    bool first_given = true;
    for (auto const& criterion : asked) {
        if (criterion.name == "family" && !equals_a_value(criterion, patient.family)) return false;
        if (criterion.name != "given") continue;
        auto const last =
            first_given && !patient.given.empty() ? patient.given.begin() + 1 : patient.given.end();
        if (std::none_of(patient.given.begin(), last, [&](std::string const& given) {
                return equals_a_value(criterion, given);
            }))
            return false;
        first_given = false;
    }
    return true;
}

bool share_identifier(Patient const& a, Patient const& b) {
    return std::any_of(a.identifiers.begin(), a.identifiers.end(), [&](Identifier const& one) {
        return std::any_of(b.identifiers.begin(), b.identifiers.end(), [&](Identifier const& other) {
            return one.system == other.system && one.value == other.value;
        });
    });
}

std::vector<Patient const*> accepted_patients(
    Community const& community, Question const& question, Acceptance acceptance
) {
    std::vector<Patient const*> accepted;
    for (auto const& patient : community.patients) {
        bool const found =
            std::all_of(question.patient.begin(), question.patient.end(), [&](Criterion const& criterion) {
                return matches(criterion, patient).value_or(false);
            });
        if (found && (acceptance == Acceptance::search || names_agree(question.patient, patient)))
            accepted.push_back(&patient);
    }
    if (acceptance == Acceptance::search && accepted.size() > kMaxMatches) accepted.resize(kMaxMatches);
    return accepted;
}

bool are_one_person(std::vector<Patient const*> const& patients) {
    return std::all_of(patients.begin(), patients.end(), [&](Patient const* patient) {
        return share_identifier(*patients.front(), *patient);
    });
}

bool is_told(Document const& document, Question const& question) {
    bool const own = document.listed_for == document.patient_id;
    bool const status_asked =
        std::any_of(question.document.begin(), question.document.end(), [](Criterion const& c) {
            return c.name == "status";
        });
    bool const retracted = document.status == "entered-in-error" && !status_asked;
    return own && !retracted &&
           std::all_of(question.document.begin(), question.document.end(), [&](Criterion const& criterion) {
               return matches(criterion, document).value_or(false);
           });
}

/// Gathers the instances of each document, in the order of the communities.
class Gathering {
public:
    void add(Community const& community, Document const& document) {
        auto const [place, fresh] = index_.try_emplace(document.truth, documents_.size());
        if (fresh) {
            auto const own_id = community.id + '/' + document.id;
            documents_.push_back(
                {document.master_identifier.value.empty() ? own_id : document.master_identifier.value,
                 document.title,
                 {}}
            );
        }
        documents_[place->second].holders.push_back({community.id, document.id, document.copy_class});
    }
    std::vector<ExpectedDocument> take() { return std::move(documents_); }

private:
    std::map<std::string, std::size_t> index_;
    std::vector<ExpectedDocument> documents_;
};

}  // namespace

Result<Expectation> judge(
    Network const& network, Faults faults, std::string_view criteria, Acceptance acceptance
) {
    auto const question = read_question(criteria);
    if (!question) return question.error();
    Expectation expectation;
    Gathering gathering;
    for (auto const& community : network.communities) {
        if (faults == Faults::on && fails_always(community.behaviour.health)) {
            expectation.failed.push_back(community.id);
            continue;
        }
        auto const patients = accepted_patients(community, *question, acceptance);
        if (acceptance == Acceptance::strict && patients.size() > 1 && !are_one_person(patients)) {
            expectation.ambiguous.push_back(community.id);
            continue;
        }
        for (auto const* patient : patients) {
            for (auto const& document : community.documents) {
                if (document.patient_id == patient->id && is_told(document, *question))
                    gathering.add(community, document);
            }
        }
    }
    expectation.documents = gathering.take();
    return expectation;
}

std::string to_json(Expectation const& expectation) {
    auto documents = array(), ambiguous = array(), failed = array();
    for (auto const& document : expectation.documents) {
        auto holders = array();
        for (auto const& holder : document.holders) {
            holders.push(
                object({{"partner", holder.partner}, {"id", holder.id}, {"class", wire(holder.copy_class)}})
            );
        }
        auto events = array({document.least_events, document.most_events});
        documents.push(object(
            {{"id", document.id},
             {"title", document.title},
             {"holders", std::move(holders)},
             {"events", std::move(events)}}
        ));
    }
    for (auto const& partner : expectation.ambiguous) ambiguous.push(partner);
    for (auto const& partner : expectation.failed) failed.push(partner);
    return fhir::json::write(object(
        {{"documents", std::move(documents)},
         {"ambiguous", std::move(ambiguous)},
         {"failed", std::move(failed)}}
    ));
}

}  // namespace tributary::simulator
