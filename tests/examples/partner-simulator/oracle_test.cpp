#include "examples/partner-simulator/oracle.hpp"

#include <algorithm>

#include "examples/partner-simulator/sample_profile.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr char kBobSmith[] = "DocumentReference?patient.given=bob&patient.family=smith";

Expectation judge_sample(
    std::string_view criteria, Acceptance acceptance = Acceptance::strict, Faults faults = Faults::on
) {
    auto judged = judge(make_sample_network(), faults, criteria, acceptance);
    REQUIRE(judged.has_value());
    return *judged;
}

ExpectedDocument const* find(Expectation const& expectation, std::string_view id) {
    auto const found = std::find_if(
        expectation.documents.begin(), expectation.documents.end(), [id](auto const& d) { return d.id == id; }
    );
    return found == expectation.documents.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("the headline patient has thirteen documents, one of them at three communities", "[simulator]") {
    auto const expected = judge_sample(kBobSmith);
    CHECK(expected.documents.size() == 13);
    auto const* shared = find(expected, "urn:oid:2.999.7.1.4711");
    REQUIRE(shared != nullptr);
    REQUIRE(shared->holders.size() == 3);
    CHECK(shared->holders[0].partner == "p001");
    CHECK(shared->holders[1].partner == "p003");
    CHECK(shared->holders[2].partner == "p004");
    CHECK(shared->holders[2].id == "hi-2");
    CHECK(expected.failed == std::vector<std::string>{"p005"});
    CHECK(expected.ambiguous.empty());
}

TEST_CASE(
    "a man of nearly the same name, and an entry slipped into a page, are never expected", "[simulator]"
) {
    auto const expected = judge_sample(kBobSmith);
    CHECK(find(expected, "urn:oid:2.999.7.6.101") == nullptr);
    CHECK(find(expected, "urn:oid:2.999.7.3.900") == nullptr);
}

TEST_CASE("acceptance by search takes every hit of the query", "[simulator]") {
    auto const expected = judge_sample(kBobSmith, Acceptance::search);
    CHECK(find(expected, "urn:oid:2.999.7.6.101") != nullptr);
    CHECK(expected.documents.size() == 14);
}

TEST_CASE("without faults the failing community has its say", "[simulator]") {
    auto const expected = judge_sample(kBobSmith, Acceptance::strict, Faults::off);
    CHECK(expected.failed.empty());
    CHECK(find(expected, "urn:oid:2.999.7.5.5501") != nullptr);
}

TEST_CASE("two people of one name at one community are ambiguous there, not elsewhere", "[simulator]") {
    auto const expected = judge_sample("DocumentReference?patient.given=ana&patient.family=lopez");
    CHECK(expected.ambiguous == std::vector<std::string>{"p002"});
    REQUIRE(expected.documents.size() == 1);
    CHECK(expected.documents[0].id == "urn:oid:2.999.7.6.102");
    CHECK(judge_sample("DocumentReference?patient.given=ana&patient.family=lopez&patient.birthdate=1982-06-30"
    )
              .ambiguous.empty());
}

TEST_CASE("filters on the document narrow what is expected", "[simulator]") {
    CHECK(judge_sample(std::string(kBobSmith) + "&type=http://loinc.org|18842-5").documents.size() == 1);
    CHECK(judge_sample(std::string(kBobSmith) + "&status=superseded").documents.size() == 1);
    CHECK(judge_sample(std::string(kBobSmith) + "&date=ge2025-11-20").documents.size() == 2);
}

TEST_CASE("a question the oracle cannot judge is refused", "[simulator]") {
    auto const network = make_sample_network();
    for (auto const* criteria :
         {"Observation?code=1",
          "DocumentReference?status=current",
          "DocumentReference?patient.given=bob&shoe=1",
          "DocumentReference?patient=Patient/1"}) {
        INFO(criteria);
        CHECK_FALSE(judge(network, Faults::on, criteria, Acceptance::strict).has_value());
    }
}

TEST_CASE("the oracle's JSON has documents with holders and least and most events", "[simulator]") {
    Expectation expectation;
    expectation.documents = {
        {"urn:oid:1.2",
         "Note",
         "current",
         {{"p001", "d1", CopyClass::original}, {"p002", "d9", CopyClass::exact_copy}},
         1,
         2}
    };
    expectation.failed = {"p005"};
    CHECK(
        to_json(expectation) ==
        R"({"documents":[{"id":"urn:oid:1.2","title":"Note","status":"current","holders":[{"partner":"p001","id":"d1","class":"original"},)"
        R"({"partner":"p002","id":"d9","class":"exact-copy"}],"events":[1,2]}],"ambiguous":[],"failed":["p005"],"perhaps_ambiguous":[]})"
    );
}

}  // namespace tributary::simulator
