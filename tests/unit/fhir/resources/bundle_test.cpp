#include "fhir/resources/bundle.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir {

TEST_CASE("a searchset is taken apart, a missing mode decided by the type asked for", "[bundle]") {
    auto const bundle = read_searchset(
        *json::read(R"({"resourceType":"Bundle","type":"collection","total":7,
            "link":[{"relation":"self","url":"s"},{"relation":"next","url":"n"}],
            "entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"1"}},
                     {"resource":{"resourceType":"OperationOutcome"}},
                     {"resource":{"resourceType":"Organization"}},
                     {"resource":{"resourceType":"Patient"},"search":{"mode":"include"}},
                     {"search":{"mode":"match"}}]})"),
        "Patient"
    );
    REQUIRE(bundle.has_value());
    CHECK(bundle->total == 7);
    CHECK(bundle->self == "s");
    CHECK(bundle->next == "n");
    REQUIRE(bundle->entries.size() == 5);
    CHECK(bundle->entries[0].full_url == "u");
    CHECK(bundle->entries[0].mode == SearchMode::match);
    CHECK(bundle->entries[0].resource.text("id") == "1");
    CHECK(bundle->entries[1].mode == SearchMode::outcome);
    CHECK(bundle->entries[2].mode == SearchMode::include);
    CHECK(bundle->entries[3].mode == SearchMode::include);
    CHECK(bundle->entries[4].resource.is_null());
}

TEST_CASE(
    "a bare OperationOutcome is a failure when it says error, an empty result when it only warns", "[bundle]"
) {
    auto const answer = [](std::string const& severity) {
        auto text = R"({"resourceType":"OperationOutcome","issue":[{"severity":")" + severity +
                    R"(","code":"processing"}]})";
        return read_searchset(*json::read(text), "Patient");
    };
    CHECK(answer("error").error().errc() == Errc::protocol);
    CHECK(answer("fatal").error().errc() == Errc::protocol);
    auto const warned = answer("warning");
    REQUIRE(warned.has_value());
    CHECK(warned->total == 0);
    REQUIRE(warned->entries.size() == 1);
    CHECK(warned->entries[0].mode == SearchMode::outcome);
}

TEST_CASE("a match grade is read as code or coding, in any case", "[bundle][ITI-119]") {
    auto const grade = [](std::string const& value) {
        auto const bundle = read_searchset(
            *json::read(
                R"({"resourceType":"Bundle","entry":[{"search":{"extension":[{"url":"other"},)"
                R"({"url":"http://hl7.org/fhir/StructureDefinition/match-grade",)" +
                value + "}]}}]}"
            ),
            "Patient"
        );
        return bundle.value().entries.at(0).match_grade;
    };
    CHECK(grade(R"("valueCode":"certain")") == "certain");
    CHECK(grade(R"("valueCode":"Certainly-Not")") == "certainly-not");
    CHECK(grade(R"("valueCoding":{"system":"s","code":"possible"})") == "possible");
    CHECK(grade(R"("valueBoolean":true)").empty());
}

TEST_CASE("a Bundle whose entry is no list is not an empty one", "[bundle]") {
    auto const searchset = [](std::string const& members) {
        return read_searchset(
            *json::read(R"({"resourceType":"Bundle","type":"searchset")" + members + "}"), "Patient"
        );
    };
    CHECK(searchset(R"(,"entry":{"resource":{"resourceType":"Patient"}})").error().errc() == Errc::protocol);
    CHECK(searchset(R"(,"entry":null)").error().errc() == Errc::protocol);
    CHECK(searchset(R"(,"total":1,"entry":null)").error().errc() == Errc::protocol);
    CHECK(searchset(R"(,"total":0,"entry":null)").has_value());
    CHECK(searchset("").has_value());
}

TEST_CASE("what is no Bundle is a protocol failure that quotes nothing of the answer", "[bundle]") {
    auto const failure =
        read_searchset(*json::read(R"({"resourceType":"Patient","id":"secret"})"), "Patient").error();
    CHECK(failure.errc() == Errc::protocol);
    CHECK(failure.detail().find("secret") == std::string::npos);
    CHECK(read_searchset(*json::read("[]"), "Patient").has_error());
}

TEST_CASE("a searchset of ours has no empty lists", "[bundle]") {
    CHECK(
        json::write(make_searchset({}, 0, {})) == R"({"resourceType":"Bundle","type":"searchset","total":0})"
    );
    auto const one = make_searchset(
        {{"http://x/Patient/1", json::Raw{R"({"resourceType":"Patient"})"}}}, 1, {"s", "", ""}
    );
    CHECK(
        json::write(one) ==
        R"({"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"self","url":"s"}],)"
        R"("entry":[{"fullUrl":"http://x/Patient/1","resource":{"resourceType":"Patient"},"search":{"mode":"match"}}]})"
    );
}

}  // namespace tributary::fhir
