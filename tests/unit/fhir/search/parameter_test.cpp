#include "fhir/search/parameter.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace tributary::fhir::search {

namespace {

struct Case {
    std::string query;
    std::vector<Parameter> parameters;
};

}  // namespace

TEST_CASE("a query is split, decoded and unescaped, in this order", "[search][F.3]") {
    for (auto const& [query, parameters] : std::vector<Case>{
             {"", {}},
             {"a=1&b=2", {{"a", "", {"1"}}, {"b", "", {"2"}}}},
             {"&&a=1&", {{"a", "", {"1"}}}},
             {"a=1,2", {{"a", "", {"1", "2"}}}},
             {"a=1%2C2", {{"a", "", {"1", "2"}}}},
             {R"(a=1\,2,3)", {{"a", "", {"1,2", "3"}}}},
             {"a=1%5C%2C2", {{"a", "", {"1,2"}}}},
             {R"(a=x\$y\\)", {{"a", "", {"x$y\\"}}}},
             {R"(a=x\|y)", {{"a", "", {R"(x\|y)"}}}},
             {R"(a=s|x\|y)", {{"a", "", {R"(s|x\|y)"}}}},
             {R"(a=s\\|x)", {{"a", "", {R"(s\\|x)"}}}},
             {R"(a=s\\\|x)", {{"a", "", {R"(s\\\|x)"}}}},
             {"a=b=c", {{"a", "", {"b=c"}}}},
             {"a=&b&c=,", {}},
             {"a=,x,", {{"a", "", {"x"}}}},
             {"given=anna+lena", {{"given", "", {"anna lena"}}}},
             {"given=anna%2Blena", {{"given", "", {"anna+lena"}}}},
             {"identifier=urn:oid:1.2%7C3", {{"identifier", "", {"urn:oid:1.2|3"}}}},
             {"family=M%C3%BCller", {{"family", "", {"Müller"}}}},
             {"patient%2Egiven%3Aexact=Bob", {{"patient.given", "exact", {"Bob"}}}},
             {"a=%2541", {{"a", "", {"%41"}}}}
         }) {
        INFO(query);
        auto const read = parse_query(query);
        REQUIRE(read.has_value());
        CHECK(*read == parameters);
    }
}

TEST_CASE("an empty value is refused where it would widen a question", "[search][A5]") {
    for (std::string const query :
         {"a=1&type=", "type=", "type", "type=,", "type=1,", "type=,1", "a=1&type=1,,2"}) {
        INFO(query);
        auto const read = parse_query(query, EmptyValues::refused);
        REQUIRE(read.has_error());
        CHECK(read.error().errc() == Errc::value);
        CHECK(read.error().detail().find("type=[value]") != std::string::npos);
    }
    CHECK(parse_query("a=1&type=1,2&", EmptyValues::refused)->size() == 2);
}

TEST_CASE("a plus before the offset of a date is a plus", "[search][A5]") {
    for (std::string const query :
         {"date=ge2020-01-01T00:00:00+01:00",
          "date=ge2020-01-01T00:00:00%2B01:00",
          "date=ge2020-01-01T00:00:00%2001:00"}) {
        CHECK(parse_query(query)->front().values.front() == "ge2020-01-01T00:00:00+01:00");
    }
    CHECK(parse_query("family=a+01:00")->front().values.front() == "a 01:00");
}

TEST_CASE("the aliases of the patient have one name", "[search][A5]") {
    for (auto const& [query, parameters] : std::vector<Case>{
             {"subject=1", {{"patient", "", {"1"}}}},
             {"subject:Patient=1", {{"patient", "", {"1"}}}},
             {"patient:Patient=1", {{"patient", "", {"1"}}}},
             {"subject:Patient.given=bob", {{"patient.given", "", {"bob"}}}},
             {"patient:Patient.given:exact=bob", {{"patient.given", "exact", {"bob"}}}},
             {"subject.family:contains=smi", {{"patient.family", "contains", {"smi"}}}},
             {"patient:identifier=a|b", {{"patient", "identifier", {"a|b"}}}},
             {"type:not=a", {{"type", "not", {"a"}}}}
         }) {
        INFO(query);
        CHECK(*parse_query(query) == parameters);
    }
}

TEST_CASE(
    "chains of other types keep them, so that nobody takes them for another parameter", "[search][A5]"
) {
    CHECK(parse_query("subject:Group.name=x")->front().name == "patient:Group.name");
    CHECK(parse_query("author:Practitioner.family=x")->front().name == "author:Practitioner.family");
    CHECK(parse_query("subject:Group=1")->front().modifier == "Group");
    CHECK(parse_query("patient:Patients=1")->front().modifier == "Patients");
    CHECK(parse_query("_has:Observation:patient:code=1")->front().name == "_has:Observation:patient");
}

TEST_CASE("broken escapes and broken text are refused", "[search]") {
    for (std::string const query : {"a=%", "a=%2", "a=%zz", "a=%FF", "a=\xFF", "%FF=a", "a=%00", "=x"}) {
        INFO(query);
        auto const read = parse_query(query);
        REQUIRE(read.has_error());
        CHECK(read.error().errc() == Errc::malformed);
    }
}

TEST_CASE("what was rendered is read again, for any value", "[search][property]") {
    auto const seed = std::random_device{}();
    INFO("TEST_SEED " << seed);
    std::mt19937 random(seed);
    std::vector<std::string> const pieces{
        "a", ",", "\\", "$", "|", "&", "=", "+", "%", " ", "#", "ü", "漢", "/", ":", "?"
    };
    for (int i = 0; i < 5000; ++i) {
        std::vector<Parameter> parameters;
        for (int n = 0; n < 3; ++n) {
            Parameter parameter{"patient.given", n == 0 ? "exact" : "", {}};
            for (int v = 0; v < 2; ++v) {
                std::string value;
                for (int c = 0; c < 5; ++c) value += pieces[random() % pieces.size()];
                parameter.values.push_back(value);
            }
            parameters.push_back(parameter);
        }
        auto const text = render(parameters);
        INFO(text);
        auto const again = parse_query(text);
        REQUIRE(again.has_value());
        REQUIRE(*again == parameters);
    }
}

TEST_CASE("a rendered query is plain to read", "[search]") {
    CHECK(
        render(
            {{"patient", "", {"Patient/1"}},
             {"status", "", {"current", "superseded"}},
             {"type", "not", {"http://loinc.org|1"}}}
        ) == "patient=Patient/1&status=current,superseded&type:not=http://loinc.org%7C1"
    );
}

}  // namespace tributary::fhir::search
