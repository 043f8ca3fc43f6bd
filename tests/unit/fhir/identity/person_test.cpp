#include <string>
#include <vector>

#include "fhir/identity/acceptance.hpp"
#include "fhir/identity/body_header.hpp"
#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fhir/support/shared_files.hpp"

namespace tributary::fhir::identity {

namespace {

struct Person {
    std::string family, given, birth_date;
};
Patient make(Person const& person, std::string const& more = "") {
    std::string text = R"({"resourceType":"Patient","gender":"female")" + more;
    if (!person.family.empty())
        text += R"(,"name":[{"family":")" + person.family + R"(","given":[")" + person.given + R"("]}])";
    if (!person.birth_date.empty()) text += R"(,"birthDate":")" + person.birth_date + '"';
    return *read_patient(*json::read(text + "}"));
}

std::string identifier(std::string const& value) {
    return R"(,"identifier":[{"system":"urn:oid:2.16.840.1.113883.4.1","value":")" + value + R"("}])";
}

std::string const kAlias =
    R"(,"name":[{"use":"official","family":"NEWCOMB","given":["ALICE","JONES"]},{"use":"nickname","family":"NEWMAN","given":["ALICE","J"]},)"
    R"({"use":"anonymous","family":"NEWMAN","given":["ALICIA"]},{"use":"old","family":"Newman","given":["Alice"]}],"birthDate":"1970-05-01")";

}  // namespace

TEST_CASE("an alias is no name that somebody is known by", "[identity][A.4]") {
    auto const newcomb = make({}, kAlias);
    auto const newman = make({"Newman", "Alice", "1970-05-01"});
    search::PatientQuery const alice{{{"given", "", {"alice"}}, {"family", "", {"newman"}}}, {}};
    CHECK(accepts(Acceptance::strict, alice, newman));
    CHECK_FALSE(accepts(Acceptance::strict, alice, newcomb));
    CHECK(accepts(Acceptance::search, alice, newcomb));
    CHECK(kinship(newcomb, "p1", newman, "p2") == Kinship::none);
    auto const maiden = make(
        {}, R"(,"name":[{"use":"maiden","family":"Newman","given":["Alice"]}],"birthDate":"1970-05-01")"
    );
    CHECK(accepts(Acceptance::strict, alice, maiden));
    CHECK(kinship(maiden, "p1", newman, "p2") == Kinship::alike);
}

TEST_CASE("an alias counts where an identifier tells who it is", "[identity][A.4]") {
    search::PatientQuery const known{{{"identifier", "", {"urn:oid:1|7"}}, {"family", "", {"newman"}}}, {}};
    CHECK(accepts(
        Acceptance::strict, known, make({}, kAlias + R"(,"identifier":[{"system":"urn:oid:1","value":"7"}])")
    ));
}

TEST_CASE("a number that stands for nobody links nobody", "[identity][architecture 8]") {
    Person const bob{"Smith", "Bob", ""};
    Person const robert{"Smith", "Robert", ""};
    for (std::string const filler : {"999-99-9999", "000000000", "UNK", "unknown"}) {
        INFO(filler);
        CHECK_FALSE(linked(make(bob, identifier(filler)), make(robert, identifier(filler))));
    }
    CHECK(linked(make(bob, identifier("111-00-2330")), make(robert, identifier("111-00-2330"))));
    CHECK(linked(make(bob, identifier("99999")), make(robert, identifier("99999"))));
}

TEST_CASE(
    "a shared number does not make one person of two whose whole names differ", "[identity][architecture 8]"
) {
    auto const number = identifier("111-00-2330");
    auto const levin = make({"Levin", "Henry", "1953-03-02"}, number);
    CHECK_FALSE(linked(levin, make({"Damore", "Juan", "1953-03-02"}, number)));
    CHECK(linked(levin, make({"Damore", "Henry", "1953-03-02"}, number)));
    CHECK(linked(levin, make({"Levin", "Juan", ""}, number)));
    CHECK(linked(levin, make({"王", "大明", "1953-03-02"}, number)));
}

TEST_CASE("a document is somebody else's where two traits contradict", "[identity][I.4]") {
    auto const alice = make({"Newman", "Alice", "1970-05-01"});
    struct Case {
        Person subject;
        bool somebody_else;
    };
    for (auto const& [subject, expected] : std::vector<Case>{
             {{"NEWMAN", "alice", "1970-05-01"}, false},
             {{"Néwman", "Alice", "1970"}, false},
             {{"Newman", "Alice", "1970-06-01"}, false},
             {{"Jones-Newman", "A", "1970-05-01"}, false},
             {{"Jones", "Alice", "1970-05-01"}, false},
             {{"Newman", "Betty", "1970-05-01"}, false},
             {{"", "", "1980-01-01"}, false},
             {{"Jones", "Betty", ""}, true},
             {{"Jones", "Betty", "1970-05-01"}, true},
             {{"Jones", "Alice", "1980-05-01"}, true},
             {{"Newman", "Betty", "1940-01-01"}, true},
             {{"UNK", "UNK", "1980-01-01"}, false},
             {{"王", "大明", "1970-05-01"}, false}
         }) {
        INFO(subject.family << ' ' << subject.given << ' ' << subject.birth_date);
        CHECK(is_somebody_else(make(subject), alice) == expected);
    }
}

TEST_CASE("all of Alice Newman's real documents are hers", "[identity][I.4][vectors]") {
    std::vector<Patient> alices;
    std::vector<Patient> others;
    for (auto const& file : test::files("data/ccda/vendor", ".xml")) {
        auto const subjects = read_body_header(test::read_file(file)).subjects;
        INFO(file);
        REQUIRE(subjects.size() == 1);
        auto const alice = make({"Newman", "Alice", ""});
        bool const hers = !is_somebody_else(subjects[0], alice) &&
                          subjects[0].birth_date.starts_with("1970-0") &&
                          subjects[0].names.front().family.starts_with('N');
        (hers ? alices : others).push_back(subjects[0]);
    }
    if (alices.empty()) return;  // told by test::files()
    CHECK(alices.size() >= 13);
    for (auto const& one : alices) {
        for (auto const& other : alices) CHECK_FALSE(is_somebody_else(one, other));
    }
    auto const bates = make({"Bates", "Jeremy", "1980-08-01"});
    for (auto const& one : alices) CHECK(is_somebody_else(one, bates));
}

}  // namespace tributary::fhir::identity
