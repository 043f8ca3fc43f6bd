#include <algorithm>
#include <utility>

#include "examples/partner-simulator/oracle.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr char kAda[] = "DocumentReference?patient.given=ada&patient.family=byron";
constexpr char kByron[] = "DocumentReference?patient.family=byron";
constexpr char kFemale[] = "female";

Patient ada(std::string id, std::vector<Identifier> identifiers = {}) {
    return {std::move(id), {"Ada"}, "Byron", "1815-12-10", kFemale, std::move(identifiers)};
}

Document document_of(
    Patient const& patient, std::string const& truth, CopyClass copy_class = CopyClass::original
) {
    Document document;
    document.id = "d-" + truth + '-' + std::string(wire(copy_class));
    document.truth = truth;
    document.copy_class = copy_class;
    document.patient_id = patient.id;
    document.listed_for = patient.id;
    document.master_identifier = uri_identifier("urn:oid:2.999." + std::to_string(truth.size()));
    document.contents = {{"text/plain", truth.c_str(), document.id + "-1"}};
    return document;
}

/// Communities p001, p002, …, each with patients and documents.
class Communities {
public:
    Communities& at(std::vector<Patient> patients, std::vector<Document> documents) {
        auto const number = std::to_string(network_.communities.size() + 1);
        network_.communities.push_back(
            {"p00" + number, "Community " + number, "X 1", "urn:oid:2.999.7." + number}
        );
        network_.communities.back().patients = std::move(patients);
        network_.communities.back().documents = std::move(documents);
        return *this;
    }
    Expectation judged(std::string_view criteria, Acceptance acceptance = Acceptance::strict) const {
        auto const expectation = judge(network_, Faults::on, criteria, acceptance);
        REQUIRE(expectation.has_value());
        return *expectation;
    }

private:
    Network network_;
};

/// Least and most Events of each document, in the oracle's order.
std::vector<std::pair<unsigned, unsigned>> events_of(Expectation const& expectation) {
    std::vector<std::pair<unsigned, unsigned>> events;
    for (auto const& document : expectation.documents)
        events.emplace_back(document.least_events, document.most_events);
    return events;
}
using Events = std::vector<std::pair<unsigned, unsigned>>;

}  // namespace

TEST_CASE("an exact copy is the same document, and one Event", "[simulator]") {
    auto const expected = Communities()
                              .at({ada("a")}, {document_of(ada("a"), "note")})
                              .at({ada("b")}, {document_of(ada("b"), "note", CopyClass::exact_copy)})
                              .judged(kAda);
    REQUIRE(expected.documents.size() == 1);
    CHECK(expected.documents[0].holders.size() == 2);
    CHECK(events_of(expected) == Events{{1, 1}});
}

TEST_CASE("a copy that only its bytes show to be one may be an Event of its own", "[simulator]") {
    auto copy = document_of(ada("b"), "note", CopyClass::without_unique_id);
    auto const with_digest =
        Communities().at({ada("a")}, {document_of(ada("a"), "note")}).at({ada("b")}, {copy}).judged(kAda);
    CHECK(events_of(with_digest) == Events{{1, 1}});
    copy.contents.front().tells_digest = false;
    auto const without =
        Communities().at({ada("a")}, {document_of(ada("a"), "note")}).at({ada("b")}, {copy}).judged(kAda);
    CHECK(events_of(without) == Events{{1, 2}});
    CHECK(events_of(Communities().at({ada("b")}, {copy}).judged(kAda)) == Events{{1, 1}});
}

TEST_CASE("a conflict is two documents, a new version too, a retracted copy none", "[simulator]") {
    auto const expected = Communities()
                              .at({ada("a")}, {document_of(ada("a"), "note")})
                              .at({ada("b")}, {document_of(ada("b"), "note|conflict", CopyClass::conflict)})
                              .judged(kAda);
    CHECK(events_of(expected) == Events{{1, 1}, {1, 1}});
    auto const replaced =
        Communities()
            .at({ada("a")}, {document_of(ada("a"), "note")})
            .at({ada("b")}, {document_of(ada("b"), "note|new-version", CopyClass::new_version)});
    CHECK(events_of(replaced.judged(kAda)) == Events{{1, 2}, {1, 1}});
    CHECK(events_of(replaced.judged(std::string(kAda) + "&status=current")) == Events{{0, 2}, {1, 1}});
    auto const superseded = replaced.judged(std::string(kAda) + "&status=superseded");
    CHECK(events_of(superseded) == Events{{0, 2}});
    CHECK(superseded.documents.at(0).status == "superseded");
    auto retracted = document_of(ada("b"), "note", CopyClass::retracted);
    retracted.status = "entered-in-error";
    auto const current = Communities()
                             .at({ada("a")}, {document_of(ada("a"), "note")})
                             .at({ada("b")}, {retracted})
                             .judged(kAda);
    REQUIRE(current.documents.size() == 1);
    CHECK(current.documents[0].holders.size() == 1);
}

TEST_CASE("another birth date makes another Person, whatever number they share", "[simulator]") {
    Identifier const number{"urn:oid:2.999.9", "70102"};
    auto swapped = ada("b", {number});
    swapped.birth_date = "1815-10-12";
    auto const network = Communities()
                             .at({ada("a", {number})}, {document_of(ada("a"), "note")})
                             .at({swapped}, {document_of(swapped, "note", CopyClass::exact_copy)});
    CHECK(network.judged(kAda).documents.size() == 2);
    CHECK(network.judged(std::string(kAda) + "&patient.birthdate=1815-12-10").documents.size() == 1);
}

TEST_CASE(
    "a nickname is not accepted, and by the family name another Person without a number in common",
    "[simulator]"
) {
    auto nickname = ada("b");
    nickname.given = {"Addie"};
    auto const apart = Communities()
                           .at({ada("a")}, {document_of(ada("a"), "note")})
                           .at({nickname}, {document_of(nickname, "note", CopyClass::exact_copy)});
    CHECK(apart.judged(kAda).documents.size() == 1);
    CHECK(apart.judged(kByron).documents.size() == 2);
    nickname.identifiers = {{"urn:oid:2.999.9", "70102"}};
    auto const linked = Communities()
                            .at({ada("a", nickname.identifiers)}, {document_of(ada("a"), "note")})
                            .at({nickname}, {document_of(nickname, "note", CopyClass::exact_copy)})
                            .judged(kByron);
    CHECK(events_of(linked) == Events{{1, 1}});
}

TEST_CASE("Patients whom only a third one links may have been told as two", "[simulator]") {
    auto nickname = ada("b");
    nickname.given = {"Addie"};
    auto link = nickname;
    link.id = "c";
    link.identifiers = {{"urn:oid:2.999.9", "70102"}};
    auto const expected = Communities()
                              .at({ada("a", link.identifiers)}, {document_of(ada("a"), "note")})
                              .at({nickname}, {document_of(nickname, "note", CopyClass::exact_copy)})
                              .at({link}, {})
                              .judged(kByron);
    CHECK(events_of(expected) == Events{{1, 2}});
}

TEST_CASE("a name of no kind is accepted where it is a part of one, whole", "[simulator]") {
    auto const network = Communities().at({ada("a")}, {document_of(ada("a"), "note")});
    auto const judged = [&](std::string const& name, Acceptance acceptance) {
        return network.judged("DocumentReference?patient.name=" + name, acceptance).documents.size();
    };
    CHECK(judged("byron", Acceptance::strict) == 1);
    CHECK(judged("Ada", Acceptance::strict) == 1);
    CHECK(judged("Byr", Acceptance::strict) == 0);
    CHECK(judged("Byr", Acceptance::search) == 1);
}

TEST_CASE("an alias in common makes nobody the one asked for, but is a hit of the search", "[simulator]") {
    auto other = ada("b");
    other.family = "King";
    other.other_names = {{"nickname", {"Ada"}, "Byron"}};
    auto const network =
        Communities().at({ada("a"), other}, {document_of(ada("a"), "note"), document_of(other, "letter")});
    auto const strict = network.judged(kAda);
    CHECK(strict.ambiguous.empty());
    CHECK(strict.documents.size() == 1);
    CHECK(network.judged(kAda, Acceptance::search).documents.size() == 2);
}

TEST_CASE("a name that stands for none identifies nobody, an identifier does", "[simulator]") {
    Patient const unknown{"u", {"UNK"}, "UNK", "1970-01-01", kFemale, {{"urn:oid:2.999.8.1", "77"}}};
    auto const network = Communities().at({unknown}, {document_of(unknown, "note")});
    CHECK(network.judged("DocumentReference?patient.given=unk&patient.family=unk").documents.empty());
    CHECK(network.judged("DocumentReference?patient.identifier=urn:oid:2.999.8.1|77").documents.size() == 1);
}

TEST_CASE("without a birth date nobody is accepted who was asked for with one", "[simulator]") {
    auto undated = ada("a");
    undated.birth_date = "";
    auto const network = Communities().at({undated}, {document_of(undated, "note")});
    CHECK(network.judged(kAda).documents.size() == 1);
    CHECK(network.judged(std::string(kAda) + "&patient.birthdate=1815-12-10").documents.empty());
}

}  // namespace tributary::simulator
