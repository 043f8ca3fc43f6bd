#include "examples/partner-simulator/patient_match.hpp"

#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

Patient person(
    std::string id, std::vector<std::string> given, std::string family, std::string born, std::string number
) {
    return {
        std::move(id),
        std::move(given),
        std::move(family),
        std::move(born),
        "male",
        {{"urn:oid:1.2", std::move(number)}}
    };
}

MatchQuestion asked(std::vector<std::string> given, std::string family, std::string born = {}) {
    MatchQuestion question;
    question.patient.given = std::move(given);
    question.patient.family = std::move(family);
    question.patient.birth_date = std::move(born);
    return question;
}

std::string graded(std::vector<Patient> const& patients, MatchQuestion const& question) {
    std::string text;
    for (auto const& match : match_patients(patients, question))
        text.append(match.patient->id).append("=").append(wire(match.grade)).append(" ");
    return text;
}

}  // namespace

TEST_CASE("a record of the whole name is certain, a prefix of it is possible", "[simulator]") {
    std::vector<Patient> const people = {
        person("bobby", {"Bobby"}, "Smithson", "1970-01-02", "1"),
        person("bob", {"Bob", "Allen"}, "Smith", "1970-01-02", "2")
    };
    CHECK(graded(people, asked({"bob"}, "smith")) == "bob=certain bobby=possible ");
    CHECK(graded(people, asked({"allen"}, "smith")) == "bob=probable ");
    auto only = asked({"bob"}, "smith");
    only.only_certain = true;
    CHECK(graded(people, only) == "bob=certain ");
}

TEST_CASE("what contradicts is no match, what is missing is in doubt", "[simulator]") {
    auto const born = asked({"bob"}, "smith", "1970-01-02");
    CHECK(graded({person("a", {"Bob"}, "Smith", "1970-02-01", "1")}, born).empty());
    CHECK(graded({person("a", {"Bob"}, "Smith", "", "1")}, born) == "a=probable ");
    auto woman = born;
    woman.patient.gender = "female";
    CHECK(graded({person("a", {"Bob"}, "Smith", "1970-01-02", "1")}, woman).empty());
}

TEST_CASE("an identifier is enough, and has to be the right one", "[simulator]") {
    MatchQuestion question;
    question.patient.identifiers = {{"urn:oid:1.2", "2"}};
    std::vector<Patient> const people = {
        person("a", {"Bob"}, "Smith", "1970-01-02", "1"), person("b", {"Bob"}, "Smith", "1970-01-02", "2")
    };
    CHECK(graded(people, question) == "b=certain ");
}

TEST_CASE("several records are certain only where they are one person's", "[simulator]") {
    auto const question = asked({"bob"}, "smith");
    CHECK(
        graded(
            {person("a", {"Bob"}, "Smith", "1970-01-02", "1"),
             person("b", {"Bob"}, "Smith", "1970-01-02", "1")},
            question
        ) == "a=certain b=certain "
    );
    CHECK(
        graded(
            {person("a", {"Bob"}, "Smith", "1970-01-02", "1"),
             person("b", {"Bob"}, "Smith", "1980-01-02", "2")},
            question
        ) == "a=probable b=probable "
    );
}

TEST_CASE("a former name matches as a whole", "[simulator]") {
    auto married = person("a", {"Ana"}, "Smith", "1970-01-02", "1");
    married.other_names = {{"maiden", {"Ana"}, "López"}};
    CHECK(graded({married}, asked({"ana"}, "lopez")) == "a=certain ");
    CHECK(graded({married}, asked({"ana"}, "smith")) == "a=certain ");
}

TEST_CASE("an alias is never certain, and casts no doubt on who bears the name", "[simulator]") {
    auto other = person("b", {"Alice"}, "Newcomb", "1970-01-02", "2");
    other.other_names = {{"nickname", {"Alice"}, "Newman"}};
    auto const newman = person("a", {"Alice"}, "Newman", "1970-01-02", "1");
    CHECK(graded({newman, other}, asked({"alice"}, "newman")) == "a=certain b=probable ");
}

TEST_CASE("a question is read from Parameters or from a bare Patient, and count is a cap", "[simulator]") {
    auto const read = read_match_question(
        R"({"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","name":[{"family":"Smith","given":["Bob"]}],"gender":"male"}},{"name":"onlyCertainMatches","valueBoolean":true},{"name":"count","valueInteger":1}]})"
    );
    REQUIRE(read.has_value());
    CHECK(read->only_certain);
    CHECK(read->patient.gender == "male");
    std::vector<Patient> const people = {
        person("a", {"Bob"}, "Smith", "1970-01-02", "1"), person("b", {"Bob"}, "Smith", "1970-01-02", "1")
    };
    CHECK(match_patients(people, *read).size() == 1);
    CHECK(read_match_question(R"({"resourceType":"Patient","name":[{"family":"Smith"}]})").has_value());
    CHECK_FALSE(read_match_question(R"({"resourceType":"Patient","gender":"male"})").has_value());
    CHECK_FALSE(read_match_question("rubbish").has_value());
}

}  // namespace tributary::simulator
