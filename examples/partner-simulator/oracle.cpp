#include "examples/partner-simulator/oracle.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "examples/partner-simulator/oracle_persons.hpp"
#include "examples/partner-simulator/oracle_question.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;

constexpr char kSuperseded[] = "superseded";

/// An instance of a document at a community whose patient was accepted.
struct Instance {
    KnownPatient holder;
    Document const* document;
    bool wanted;                ///< by the criteria about documents
    bool wanted_when_replaced;  ///< once a newer version has made it superseded
};

/// The instances of what is one document for one Person: `truth` is that of the network, with the Person's number.
struct Group {
    std::size_t person = 0;
    std::vector<Instance> instances;
};

bool is_wanted(Document const& document, Question const& question) {
    return std::all_of(question.document.begin(), question.document.end(), [&](Criterion const& criterion) {
        return matches(criterion, document).value_or(false);
    });
}

bool is_wanted_when_replaced(Document document, Question const& question) {
    document.status = kSuperseded;
    return is_wanted(document, question);
}

/// An entry of somebody else's, or a retracted one, is never told, unless the criteria ask for the status.
bool is_told(Document const& document, Question const& question) {
    bool const status_asked =
        std::any_of(question.document.begin(), question.document.end(), [](Criterion const& criterion) {
            return criterion.name == "status";
        });
    bool const retracted = document.status == "entered-in-error" && !status_asked;
    return document.listed_for == document.patient_id && !retracted;
}

/// Its bytes alone can tell that it is another's copy: it may have been notified before they arrive.
bool is_known_by_bytes(Document const& document) {
    return document.copy_class == CopyClass::without_unique_id &&
           std::any_of(document.contents.begin(), document.contents.end(), [](Content const& content) {
               return !content.tells_digest;
           });
}

/// Their patients may become one Person only once another patient, who links them, is known.
bool may_be_linked_late(std::vector<Instance> const& instances) {
    for (auto const& a : instances) {
        for (auto const& b : instances) {
            if (!is_linked(a.holder, b.holder)) return true;
        }
    }
    return false;
}

std::string id_of(Instance const& instance) {
    auto const& [system, value] = instance.document->master_identifier;
    if (value.empty()) return instance.holder.community->id + '/' + instance.document->id;
    return system == uri_identifier("").system ? value : system + '^' + value;
}

/// Gathers the instances of each document, in the order of the communities.
class Gathering {
public:
    explicit Gathering(Question const& question) : question_(question) {}

    void add(KnownPatient const& holder, std::size_t person) {
        for (auto const& document : holder.community->documents) {
            if (document.patient_id != holder.patient->id || !is_told(document, question_)) continue;
            auto const [place, fresh] = index_.try_emplace({person, document.truth}, groups_.size());
            if (fresh) groups_.push_back({person, {}});
            groups_[place->second].instances.push_back(
                {holder,
                 &document,
                 is_wanted(document, question_),
                 is_wanted_when_replaced(document, question_)}
            );
        }
    }

    std::vector<ExpectedDocument> expected() const {
        std::vector<ExpectedDocument> documents;
        std::set<std::string> ids;
        for (auto const& group : groups_) {
            auto const& instances = group.instances;
            bool const replaced = is_replaced(group);
            auto const wanted = std::count_if(instances.begin(), instances.end(), [&](Instance const& each) {
                return each.wanted || (replaced && each.wanted_when_replaced);
            });
            if (wanted == 0) continue;
            auto document = to_document(group);
            if (!ids.insert(document.id).second)  // of a conflict, or of another Person
                document.id = instances.front().holder.community->id + '/' + instances.front().document->id;
            if (wanted < std::ssize(instances)) document.least_events = 0;
            documents.push_back(std::move(document));
        }
        return documents;
    }

private:
    ExpectedDocument to_document(Group const& group) const {
        auto const& instances = group.instances;
        auto const& first = *instances.front().document;
        ExpectedDocument document{id_of(instances.front()), first.title, first.status, {}};
        unsigned by_bytes = 0;
        for (auto const& [holder, instance, wanted, wanted_when_replaced] : instances) {
            document.holders.push_back({holder.community->id, instance->id, instance->copy_class});
            if (is_known_by_bytes(*instance)) ++by_bytes;
        }
        auto const count = static_cast<unsigned>(instances.size());
        document.most_events = std::min(1 + by_bytes, count);
        if (may_be_linked_late(instances)) document.most_events = count;
        if (is_replaced(group)) {
            document.status = kSuperseded;
            ++document.most_events;  // once more when it becomes superseded
            if (!question_.document.empty()) document.least_events = 0;
        }
        return document;
    }

    /// By a version that the same Person has, and not superseded to begin with.
    bool is_replaced(Group const& group) const {
        auto const& first = *group.instances.front().document;
        return first.status == "current" &&
               index_.contains({group.person, first.truth + '|' + std::string(wire(CopyClass::new_version))});
    }

    Question const& question_;
    std::map<std::pair<std::size_t, std::string>, std::size_t> index_;
    std::vector<Group> groups_;
};

}  // namespace

Result<Expectation> judge(
    Network const& network, Faults faults, std::string_view criteria, Acceptance acceptance
) {
    auto const question = read_question(criteria);
    if (!question) return question.error();
    Expectation expectation;
    std::vector<KnownPatient> known;
    for (auto const& community : network.communities) {
        if (faults == Faults::on && fails_always(community.behaviour.health)) {
            expectation.failed.push_back(community.id);
            continue;
        }
        auto const accepted = accept_patients(community, *question, acceptance);
        if (accepted.ambiguous) {
            expectation.ambiguous.push_back(community.id);
            if (community.behaviour.family == Family::epic)
                expectation.perhaps_ambiguous.push_back(community.id);
            continue;
        }
        for (auto const* patient : accepted.patients) known.push_back({&community, patient});
    }
    Gathering gathering(*question);
    auto const persons = persons_of(known);
    for (std::size_t i = 0; i < known.size(); ++i) gathering.add(known[i], persons[i]);
    expectation.documents = gathering.expected();
    return expectation;
}

std::string to_json(Expectation const& expectation) {
    auto documents = array(), ambiguous = array(), failed = array(), perhaps = array();
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
             {"status", document.status},
             {"holders", std::move(holders)},
             {"events", std::move(events)}}
        ));
    }
    for (auto const& partner : expectation.ambiguous) ambiguous.push(partner);
    for (auto const& partner : expectation.failed) failed.push(partner);
    for (auto const& partner : expectation.perhaps_ambiguous) perhaps.push(partner);
    return fhir::json::write(object(
        {{"documents", std::move(documents)},
         {"ambiguous", std::move(ambiguous)},
         {"failed", std::move(failed)},
         {"perhaps_ambiguous", std::move(perhaps)}}
    ));
}

}  // namespace tributary::simulator
