#include "fhir/search/document_search.hpp"
#include "fhir/search/question.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::search {

using Catch::Matchers::ContainsSubstring;

namespace {

constexpr char kBase[] = "https://t.example/fhir";

CriteriaReading read(std::string const& criteria) {
    return read_criteria(criteria, "Subscription.criteria", kBase);
}

DocumentSearch accepted(std::string const& criteria) {
    auto const reading = read(criteria);
    INFO(criteria);
    for (auto const& problem : reading.problems) FAIL_CHECK(problem.detail());
    return reading.search;
}

std::vector<Failure> refused(std::string const& criteria) { return read(criteria).problems; }

}  // namespace

TEST_CASE("nobody is told to write what was just refused", "[fhir][search]") {
    auto const reading = read_criteria("DocumentReference?patient.family=smith&patient._lastUpdated=2020", "c", "b");
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems.front().detail().find("did you mean \"patient._lastUpdated\"") == std::string::npos);
}

TEST_CASE("criteria are taken apart into the patient and the filters", "[criteria][A5]") {
    auto const search = accepted(
        "/DocumentReference?patient.given=bob&subject:Patient.family=smith&type=http://"
        "loinc.org|34133-9,x&status=current&_format=json"
    );
    CHECK(
        search.patient.parameters == std::vector<Parameter>{{"given", "", {"bob"}}, {"family", "", {"smith"}}}
    );
    CHECK(
        search.filters ==
        std::vector<Parameter>{{"type", "", {"http://loinc.org|34133-9", "x"}}, {"status", "", {"current"}}}
    );
    CHECK(search.patient.references.empty());
}

TEST_CASE("patients of ours are named in three ways", "[criteria][F.7]") {
    for (std::string const value :
         {"123",
          "Patient/123",
          "https://t.example/fhir/Patient/123",
          "Patient/123/_history/2",
          "https://t.example/fhir/Patient/123/_history/2"}) {
        CHECK(
            accepted("DocumentReference?patient=" + value).patient.references ==
            std::vector<std::string>{"123"}
        );
        CHECK(
            accepted("DocumentReference?subject=" + value).patient.references ==
            std::vector<std::string>{"123"}
        );
    }
    CHECK(
        accepted("DocumentReference?patient._id=123").patient.references == std::vector<std::string>{"123"}
    );
    CHECK(accepted("DocumentReference?patient=1,2").patient.references == std::vector<std::string>{"1", "2"});
    CHECK(
        accepted("DocumentReference?patient=1,2&patient=2,3").patient.references ==
        std::vector<std::string>{"2"}
    );
    CHECK(read_criteria(
              "DocumentReference?patient=https://t.example/fhir/Patient/1", "", "https://t.example/fhir/"
    )
              .problems.empty());
}

TEST_CASE("no criterion is ever dropped in silence", "[criteria][E3]") {
    struct Case {
        std::string criteria;
        Errc code;
        std::string words;
    };
    std::string const patient = "DocumentReference?patient.family=smith&";
    for (auto const& [criteria, code, words] : std::vector<Case>{
             {"Observation?patient=1", Errc::not_supported, "Observation"},
             {"", Errc::invalid, "DocumentReference?"},
             {"documentreference?patient=1", Errc::invalid, "DocumentReference?"},
             {"https://t.example/fhir/DocumentReference?patient=1", Errc::invalid, "DocumentReference?"},
             {"DocumentReference", Errc::required, "patient.family"},
             {"DocumentReference?", Errc::required, "patient.family"},
             {"DocumentReference?type=1", Errc::required, "which patient"},
             {"DocumentReference?patient.given=", Errc::value, "patient.given=[value]"},
             {patient + "type=", Errc::value, "type=[value]"},
             {patient + "type=,", Errc::value, "type=[value]"},
             {patient + "patient.given", Errc::value, "patient.given=[value]"},
             {"DocumentReference?patient.gender=male", Errc::required, "which patient"},
             {"DocumentReference?patient.identifier=urn:oid:1.2|", Errc::required, "which patient"},
             {"DocumentReference?patient.identifier=urn:oid:1.2|7,urn:oid:1.3|",
              Errc::required,
              "which patient"},
             {"DocumentReference?patient.telecom=phone|", Errc::required, "which patient"},
             {"DocumentReference?patient.address-country=CH", Errc::required, "which patient"},
             {"DocumentReference?patient.address-state=ZH", Errc::required, "which patient"},
             {"DocumentReference?patient.birthdate=ge1970-01-02", Errc::required, "which patient"},
             {"DocumentReference?patient.birthdate=1970-01-02,ne1971", Errc::required, "which patient"},
             {"DocumentReference?patient.birthdate=gt1970&patient.birthdate=lt1971&patient.gender=male",
              Errc::required,
              "which patient"},
             {"DocumentReference?patient.family:missing=true", Errc::required, "which patient"},
             {"DocumentReference?patient.family:contains=smi", Errc::required, "which patient"},
             {"DocumentReference?patient:identifier=a|b", Errc::required, "patient.identifier"},
             {"DocumentReference?patient.familly=smith", Errc::not_supported, "patient.family"},
             {patient + "colour=red", Errc::not_supported, "[base]/metadata"},
             {patient + "categroy=red", Errc::not_supported, "did you mean \"category\""},
             {patient + "_text=red", Errc::not_supported, "_text"},
             {patient + "_filter=x", Errc::not_supported, "_filter"},
             {patient + "_has:Observation:patient:code=1", Errc::not_supported, "_has"},
             {patient + "patient.organization.name=x", Errc::not_supported, "patient.organization.name"},
             {patient + "patient._lastUpdated=2020", Errc::not_supported, "patient._lastUpdated"},
             {patient + "subject:Group.name=x", Errc::not_supported, "Group"},
             {patient + "author:Practitioner.family=x", Errc::not_supported, "author"},
             {patient + "subject:Group=1", Errc::not_supported, ":Group"},
             {patient + "type:in=http://vs", Errc::not_supported, ":not"},
             {patient + "type:text=x", Errc::not_supported, ":text"},
             {patient + "date:exact=2020", Errc::not_supported, ":missing"},
             {patient + "patient.given:not=x", Errc::not_supported, ":exact"},
             {patient + "date=yesterday", Errc::invalid, "date"},
             {patient + "date=ge2020-02-30", Errc::invalid, "date"},
             {patient + "patient.birthdate=1/2/1970", Errc::invalid, "birthdate"},
             {patient + "type=|", Errc::invalid, "type"},
             {patient + "type:missing=maybe", Errc::invalid, "true or false"},
             {patient + "patient.given=...", Errc::invalid, "letter"},
             {"DocumentReference?patient.identifier=x|1%1F%1Etelecom=phone|5",
              Errc::invalid,
              "patient.identifier has a control character"},
             {patient + "patient.family:exact=a%00", Errc::malformed, "parameter 2"},
             {patient + "author.family:exact=a%01", Errc::invalid, "author.family has a control character"},
             {patient + "status=currrent", Errc::value, "superseded"},
             {patient + "patient.gender=M", Errc::value, "female"},
             {patient + "status=|current", Errc::value, "superseded"},
             {patient + "status=http://x|current,current", Errc::value, "superseded"},
             {patient + "patient.gender=http://x|male", Errc::value, "female"},
             {patient + "author=Practitioner/1", Errc::not_supported, "author:identifier"},
             {patient + "related=Encounter/1", Errc::not_supported, "related:identifier"},
             {patient + "related=urn:oid:1.2|7,https://p.example/Encounter/1",
              Errc::not_supported,
              "related:identifier"},
             {patient + "_count=10", Errc::not_supported, "_count"},
             {patient + "_sort=date", Errc::not_supported, "_sort"},
             {patient + "_include=x", Errc::not_supported, "_include"},
             {patient + "type=%zz", Errc::malformed, "%"},
             {"DocumentReference?patient=https://other.example/fhir/Patient/1",
              Errc::not_supported,
              "patient.identifier"},
             {"DocumentReference?patient=https://t.example/fhirx/Patient/1",
              Errc::not_supported,
              "patient.identifier"},
             {"DocumentReference?patient=Group/1", Errc::invalid, "Patient/[id]"},
             {"DocumentReference?patient=a|b", Errc::invalid, "patient.identifier"},
             {"DocumentReference?patient=1&patient=2", Errc::value, "two patients"}
         }) {
        INFO(criteria);
        auto const problems = refused(criteria);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].errc() == code);
        CHECK(problems[0].expression() == "Subscription.criteria");
        CHECK_THAT(problems[0].detail(), ContainsSubstring(words));
    }
}

TEST_CASE("criteria that can be met are taken, by system or without", "[criteria]") {
    std::string const patient = "DocumentReference?patient.family=smith&";
    for (std::string const filter :
         {"status=http://hl7.org/fhir/document-reference-status|current",
          "patient.gender=http://hl7.org/fhir/administrative-gender|male",
          "status=current",
          "related=urn:oid:1.2|7",
          "related:identifier=urn:oid:1.2|7",
          "author=urn:oid:1.2|7",
          "related:missing=false"}) {
        INFO(filter);
        CHECK(read(patient + filter).problems.empty());
    }
}

TEST_CASE("a line break in a value is no control character", "[criteria]") {
    CHECK(
        accepted("DocumentReference?patient.address:exact=Main%20St%0D%0AHamilton")
            .patient.parameters.size() == 1
    );
}

TEST_CASE("what a partner's demographics contain does not make two questions one", "[search][key]") {
    PatientQuery const crafted{{{"identifier", "", {"x|1\x1f\x1etelecom=phone|5"}}}, {}};
    PatientQuery const plain{{{"identifier", "", {"x|1"}}, {"telecom", "", {"phone|5"}}}, {}};
    PatientQuery const escaped{{{"identifier", "", {"x|1\x1d_\x1d^telecom=phone|5"}}}, {}};
    CHECK(crafted.key() != plain.key());
    CHECK(crafted.key() != escaped.key());
}

TEST_CASE("all problems are told at once, and none quotes a value", "[criteria]") {
    auto const problems =
        refused("DocumentReference?patient.familly=Zwingli&date=Zwingli&type:in=Zwingli&_sort=Zwingli");
    CHECK(problems.size() == 4);
    for (auto const& problem : problems) CHECK(problem.detail().find("Zwingli") == std::string::npos);
}

TEST_CASE(
    "a search keeps apart what is not offered, and tells what is wrong with the rest", "[search][F.2]"
) {
    auto const reading =
        read_document_search(*parse_query("patient=1&colour=red&type:in=x&date=bad&status=odd"), kBase);
    REQUIRE(reading.unknown.size() == 1);
    CHECK(reading.unknown[0].name == "colour");
    REQUIRE(reading.problems.size() == 2);
    CHECK(reading.problems[0].errc() == Errc::unknown_parameter);
    CHECK(reading.problems[1].errc() == Errc::invalid);
    CHECK(reading.search.filters.size() == 1);
    auto const patients = read_patient_search(*parse_query("_id=7&family=smith&colour=red"));
    CHECK(patients.search.patient.references == std::vector<std::string>{"7"});
    CHECK(patients.search.patient.parameters.size() == 1);
    CHECK(patients.unknown.size() == 1);
    CHECK(
        read_document_search(*parse_query("patient.colour=red"), kBase).unknown.at(0).name == "patient.colour"
    );
}

TEST_CASE("a search for what cannot be finds nothing, and a filter on it is refused", "[search][F.1][F.7]") {
    for (std::string const query :
         {"patient=1&patient=2",
          "patient=1&patient._id=2",
          "patient=1&patient=2&patient=1",
          "patient=https://elsewhere.example/fhir/Patient/1",
          "patient=1&patient=https://elsewhere.example/fhir/Patient/1"}) {
        INFO(query);
        auto const reading = read_document_search(*parse_query(query), kBase);
        CHECK(reading.problems.empty());
        CHECK(reading.search.patient.references == std::vector<std::string>{""});
        auto const filter = read_document_search(*parse_query(query), kBase, Impossible::refused);
        CHECK_FALSE(filter.problems.empty());
    }
    auto const patients = read_patient_search(*parse_query("_id=1&_id=2"));
    CHECK(patients.problems.empty());
    CHECK(patients.search.patient.references == std::vector<std::string>{""});
    auto const either =
        read_document_search(*parse_query("patient=1,https://elsewhere.example/Patient/1"), kBase);
    CHECK(either.search.patient.references.front() == "1");
    CHECK_FALSE(read_document_search(*parse_query("patient=Practitioner/1"), kBase).problems.empty());
}

TEST_CASE("equal questions have equal keys", "[criteria]") {
    auto const key = [](std::string const& query) {
        return accepted("DocumentReference?" + query).patient.key();
    };
    auto const bob = key("patient.given=bob&patient.family=Müller");
    CHECK(key("patient.family=MULLER&patient.given=Bob&type=x") == bob);
    CHECK(key("patient.family=muller") != bob);
    CHECK(
        key("patient.given=bob,lee&patient.family=muller") ==
        key("patient.given=lee,bob,LEE&patient.family=muller")
    );
    CHECK(key("patient.given=bob&patient.given=lee") != key("patient.given=lee&patient.given=bob"));
    CHECK(
        key("patient.family=muller&patient.given=BOB&patient.given=bob&patient.family=Mu%CC%88ller") == bob
    );
    CHECK(key("patient.family=Stra%C3%9Fe") == key("patient.family=STRASSE"));
    CHECK(key("patient.family=%C4%B0nan") == key("patient.family=inan"));
    CHECK(key("patient.family=Smith\\,Jones") != key("patient.family=Smith,Jones"));
    CHECK(key("patient.family=Smith\\,Jones") == key("patient.family=smith-jones"));
    CHECK(key("patient.family:exact=Smith") != key("patient.family=Smith"));
    CHECK(key("patient.identifier=urn:oid:1.2|7") == key("patient.identifier=1.2|7"));
    CHECK(key("patient.identifier=urn:s|7\\|8") == key("patient.identifier=urn:s|7|8"));
    CHECK(key("patient.identifier=urn:s\\|7") != key("patient.identifier=urn:s|7"));
    CHECK(key("patient=1,2") == key("patient=Patient/2,Patient/1"));
    CHECK(key("patient=1") != key("patient=2"));
}

TEST_CASE("a question covers those that ask for more besides", "[criteria]") {
    auto const covers_it = [](std::string const& wide, std::string const& narrow) {
        auto const key = [](std::string const& query) {
            return accepted("DocumentReference?" + query).patient.key();
        };
        return covers(key(wide), key(narrow));
    };
    std::string const bob = "patient.given=bob&patient.family=smith";
    CHECK(covers_it(bob, bob));
    CHECK(covers_it(bob, "patient.birthdate=1970-01-02&patient.family=SMITH&patient.given=Bob"));
    CHECK(covers_it(bob, bob + "&patient.given=lee"));
    CHECK_FALSE(covers_it(bob, "patient.family=smith"));
    CHECK_FALSE(covers_it(bob, "patient.given=lee&" + bob));
    CHECK_FALSE(covers_it(bob, "patient.given=bob&patient.family=smithson"));
    CHECK_FALSE(covers_it("patient.birthdate=1970", "patient.birthdate=1970-01"));
    CHECK_FALSE(covers_it(bob, bob + "&patient.identifier=urn:oid:1.2|7"));
    CHECK(covers_it("patient.identifier=urn:oid:1.2|7", bob + "&patient.identifier=urn:oid:1.2|7"));
}

TEST_CASE("what many share may stand beside what names one", "[criteria][A.1]") {
    for (auto const* criteria :
         {"patient.birthdate=1970-01-02",
          "patient.birthdate=eq1970-01-02",
          "patient.address-city=Basel",
          "patient.address-postalcode=4051",
          "patient.identifier=urn:oid:1.2|7",
          "patient.identifier=7",
          "patient.family=smith&patient.identifier=urn:oid:1.2|",
          "patient.family=smith&patient.birthdate=ge1970&patient.address-country=CH"}) {
        INFO(criteria);
        CHECK(read_criteria(std::string("DocumentReference?") + criteria, "criteria", "").problems.empty());
    }
}

TEST_CASE("a partner is asked with every demographic that it can understand", "[criteria][A.1]") {
    auto const query = accepted(
        "DocumentReference?patient.given=Bob&patient.family:exact=Smith&patient.name:contains=x&patient."
        "gender:not=male"
        "&patient.birthdate=1970-01-02&patient.email:missing=false"
    );
    CHECK(query.patient.demographics() == "given=Bob&family:exact=Smith&birthdate=1970-01-02");
}

}  // namespace tributary::fhir::search
