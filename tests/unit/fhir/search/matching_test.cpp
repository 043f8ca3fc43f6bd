#include "fhir/json/reader.hpp"
#include "fhir/search/comparison.hpp"
#include "fhir/search/document_search.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::search {

namespace {

DocumentReference document(std::string const& members) {
    return *read_document_reference(*json::read(R"({"resourceType":"DocumentReference",)" + members + "}"));
}

bool finds(std::string const& query, DocumentReference const& held) {
    auto const reading = read_document_search(*parse_query(query), "https://t.example/fhir");
    INFO(query);
    REQUIRE(reading.problems.empty());
    REQUIRE(reading.unknown.empty());
    return matches_all(reading.search.filters, held);
}

bool finds(std::string const& query, Patient const& held) {
    auto const reading = read_patient_search(*parse_query(query));
    INFO(query);
    REQUIRE(reading.problems.empty());
    REQUIRE(reading.unknown.empty());
    return matches_all(reading.search.patient.parameters, held);
}

struct DateCase {
    std::string query;
    Period value;
    bool fits;
};

Period at(std::string const& text) { return {text, text}; }

}  // namespace

TEST_CASE("a bar in a code is found by the query that escapes it", "[search][A5]") {
    auto const held = document(
        R"("category":[{"coding":[{"system":"http://x","code":"c|1"}]}],
           "masterIdentifier":{"system":"urn:s","value":"v|1"},"description":"d|1")"
    );
    for (std::string const query :
         {R"(category=c\|1)",
          R"(category=http://x|c\|1)",
          R"(category=http://x%7Cc%5C%7C1)",
          "category=http://x|c|1",
          R"(identifier=urn:s|v\|1)",
          R"(identifier=v\|1)"}) {
        CHECK(finds(query, held));
        auto const rendered = render(*parse_query(query));
        CHECK(finds(rendered, held));
    }
    for (std::string const query :
         {"category=c|1", R"(category=http://x\|c\|1)", R"(identifier=urn:s\|v\|1)"})
        CHECK_FALSE(finds(query, held));
    auto const folder = document(R"("category":[{"coding":[{"system":"s\\","code":"1"}]}])");
    CHECK(finds(R"(category=s\\|1)", folder));
    CHECK_FALSE(finds(R"(category=s\|1)", folder));
}

TEST_CASE("a bar in a text is a character, escaped or not", "[search][A5]") {
    auto const reading = read_patient_search(*parse_query(R"(family:exact=a\|b&given:exact=a|b)"));
    for (auto const& parameter : reading.search.patient.parameters)
        CHECK(parameter.values == std::vector<std::string>{"a|b"});
}

TEST_CASE("a token that is written from its parts is read again", "[search][A5]") {
    for (auto const& [system, code] : std::vector<std::pair<std::string, std::string>>{
             {"urn:s", "v"}, {"", "v|1"}, {"urn:s", "v|1\\"}, {"urn:s\\", "\\|v"}, {"a|b", "|"}, {"a\\|b", ""}
         }) {
        auto const token = split_token(token_query(system, code));
        CHECK_FALSE(token.any_system);
        CHECK(token.system == system);
        CHECK(token.code == code);
        Parameter const parameter{"identifier", "", {token_query(system, code)}};
        CHECK(parse_query(render({parameter}))->front() == parameter);
    }
}

TEST_CASE("dates compare as ranges, prefix by prefix", "[search][F.4]") {
    auto const now = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);
    Period const all_2020{"2020-01-01", "2020-12-31"};
    Period const since_2019{"2019-06", ""};
    for (auto const& [query, value, fits] : std::vector<DateCase>{
             {"2020-03-05", at("2020-03-05T23:59:59Z"), true},
             {"2020-03-05", at("2020-03"), false},
             {"2020-03-05", at("2020-03-06T00:30:00+01:00"), true},
             {"2020", at("2020-03-05"), true},
             {"eq2020", all_2020, true},
             {"eq2020", since_2019, false},
             {"ne2020", since_2019, true},
             {"ne2020", at("2020-05"), false},
             {"gt2020-03-05", at("2020-03-05T23:00:00Z"), false},
             {"gt2020-03-05", at("2020-03-06"), true},
             {"gt2020", at("2020-06"), false},
             {"gt2020-03", all_2020, true},
             {"gt2030", since_2019, true},
             {"lt2020-03-05", {"2020-03-01", "2020-04-01"}, true},
             {"lt2020-03-05", at("2020-03-05"), false},
             {"ge2020-03-05", at("2020-03-05T00:00:00Z"), true},
             {"ge2020-03-05", at("2020-03-04T23:59:59Z"), false},
             {"ge2020", {"2019-12-01", "2020-06-01"}, true},
             {"le2020-03-05", at("2020-03-05T23:59:59Z"), true},
             {"le2020-03-05", at("2020-03-06"), false},
             {"le2020", {"2020-06-01", "2021-06-01"}, true},
             {"sa2020-03-05", at("2020-03-06"), true},
             {"sa2020-03-05", at("2020-03-05T23:59:59Z"), false},
             {"sa2020-03", all_2020, false},
             {"eb2020-03-05", at("2020-03-04"), true},
             {"eb2020-03-05", {"2020-03-01", "2020-03-05"}, false},
             {"eb2030", since_2019, false},
             {"ap2020-01-01", at("2020-06-01"), true},  // 10 % of five years is half a year
             {"ap2020-01-01", at("2019-07-05"), true},
             {"ap2020-01-01", at("2020-08-01"), false},
             {"ap2024-12-31", at("2024-12-25"), false},
             {"2020", at("no date"), false},
             {"ne2020", at("no date"), false}
         }) {
        INFO(query << " on " << value.start << ".." << value.end);
        CHECK(date_matches(query, value, now) == fits);
    }
    for (auto const* broken :
         {"", "ge", "xx2020", "2020-13", "ge ge2020", "GE2020", "2020-01-01T10", "2020-01-01T24:00Z"}) {
        CHECK_FALSE(is_date_query(broken));
    }
}

TEST_CASE("strings match from the beginning, whatever case and accents", "[search][F.5]") {
    struct Case {
        std::string query, modifier, value;
        bool fits;
    };
    for (auto const& [query, modifier, value, fits] : std::vector<Case>{
             {"smi", "", "Smith", true},
             {"mith", "", "Smith", false},
             {"SMITH", "", "smith", true},
             {"muller", "", "Müller", true},
             {"Müller", "", "Muller", true},
             {"strasse", "", "Straße", true},
             {"van d", "", "Van  den Berg", true},
             {"mit", "contains", "Smith", true},
             {"x", "contains", "Smith", false},
             {"Smith", "exact", "Smith", true},
             {"smith", "exact", "Smith", false},
             {"Muller", "exact", "Müller", false},
             {"...", "", "Smith", false},
             {"...", "contains", "Smith", false}
         }) {
        INFO(query << ":" << modifier << " on " << value);
        CHECK(string_matches(query, modifier, value) == fits);
    }
}

TEST_CASE("tokens match by code, by system, or both", "[search][F.6]") {
    Coding const loinc{"http://loinc.org", "34133-9", ""};
    Coding const local{"", "NOTE", ""};
    CHECK(token_matches("34133-9", loinc));
    CHECK(token_matches("http://loinc.org|34133-9", loinc));
    CHECK(token_matches("urn:oid:2.16.840.1.113883.6.1|34133-9", loinc));
    CHECK(token_matches("http://loinc.org|", loinc));
    CHECK_FALSE(token_matches("http://loinc.org|", local));
    CHECK_FALSE(token_matches("|34133-9", loinc));
    CHECK(token_matches("|note", local));
    CHECK_FALSE(token_matches("http://other|34133-9", loinc));
    CHECK_FALSE(token_matches("34133", loinc));
}

TEST_CASE("identifiers match by their normalised form", "[search][F.6][D.2]") {
    Identifier const oid{"", "", "urn:ietf:rfc:3986", "urn:oid:1.2.3"};
    Identifier const instance{"", "", "urn:oid:1.2.3", "E-7"};
    Identifier const local{"", "", "", "77"};
    for (auto const* query :
         {"urn:oid:1.2.3", "URN:OID:1.2.3", "1.2.3", "urn:ietf:rfc:3986|1.2.3", "urn:ietf:rfc:3986|"}) {
        INFO(query);
        CHECK(identifier_matches(query, oid));
    }
    for (auto const* query :
         {"E-7",
          "e-7",
          "urn:oid:1.2.3|E-7",
          "1.2.3|E-7",
          "1.2.3^E-7",
          "urn:ietf:rfc:3986|1.2.3^E-7",
          "urn:oid:1.2.3|"}) {
        INFO(query);
        CHECK(identifier_matches(query, instance));
    }
    CHECK(identifier_matches("|77", local));
    CHECK(identifier_matches("77", local));
    CHECK_FALSE(identifier_matches("urn:oid:1.2.3|77", local));
    CHECK_FALSE(identifier_matches("|E-7", instance));
    CHECK_FALSE(identifier_matches("urn:oid:1.2.4|E-7", instance));
}

TEST_CASE("each parameter of DocumentReference looks at its element", "[search][B.1]") {
    auto const held = document(
        R"("id":"abc","meta":{"lastUpdated":"2024-05-01T10:00:00Z"},"masterIdentifier":{"system":"urn:oid:1.2","value":"7"},
        "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21"}],
        "status":"current","type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]},
        "category":[{"coding":[{"code":"clinical-note"}]}],"subject":{"identifier":{"system":"urn:oid:9","value":"p"}},
        "date":"2024-03-05T10:00:00Z","securityLabel":[{"coding":[{"code":"R"}]}],
        "content":[{"attachment":{"contentType":"text/html","creation":"2023-01-01"},"format":{"system":"f","code":"xds"}}],
        "contained":[{"resourceType":"Practitioner","id":"a","name":[{"family":"House","given":["Gregory"]}]},
                     {"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"#b"}},
                     {"resourceType":"Practitioner","id":"b","name":[{"family":"Wilson"}]}],
        "author":[{"reference":"#a"},{"reference":"#r"},{"reference":"Practitioner/9"}],
        "context":{"event":[{"coding":[{"code":"ev"}]}],"period":{"start":"2022-01","end":"2022-02"},
                   "facilityType":{"coding":[{"code":"fac"}]},"practiceSetting":{"coding":[{"code":"set"}]},
                   "related":[{"reference":"Encounter/5"},{"identifier":{"system":"urn:oid:5","value":"acc"}}]})"
    );
    for (std::string const query :
         {"_id=abc",
          "_lastUpdated=ge2024-05",
          "identifier=urn:oid:1.2|7",
          "identifier=0C287D32-01E3-4D87-9953-9FCC9404EB21",
          "status=current",
          "status=http://hl7.org/fhir/document-reference-status|current",
          "status=superseded,current",
          "status:not=superseded",
          "type=34133-9",
          "type:not=1-1",
          "category=clinical-note",
          "date=2024-03-05",
          "date=ge2024&date=lt2025",
          "security-label=R",
          "contenttype=text/html",
          "format=f|xds",
          "creation=2023",
          "period=2022",
          "event=ev",
          "facility=fac",
          "setting=set",
          "author.family=house",
          "author.given:exact=Gregory",
          "author.family=wil",
          "related=Encounter/5",
          "related:identifier=urn:oid:5|acc",
          "related=urn:oid:5|acc",
          "patient:identifier=urn:oid:9|p",
          "setting:missing=false",
          "type:missing=false,true"}) {
        INFO(query);
        CHECK(finds(query, held));
    }
    for (std::string const query :
         {"_id=abd",
          "identifier=urn:oid:1.2|8",
          "status=superseded",
          "status:not=current",
          "type=http://snomed.info/sct|34133-9",
          "category=x",
          "date=lt2024",
          "date=ge2024&date=ge2025",
          "security-label=N",
          "contenttype=text/rtf",
          "creation=2024",
          "period=2023",
          "author.family=ouse",
          "author.given:exact=gregory",
          "related=Encounter/6",
          "patient:identifier=urn:oid:9|q",
          "setting:missing=true",
          "type=34133-9&status=superseded"}) {
        INFO(query);
        CHECK_FALSE(finds(query, held));
    }
    CHECK(finds("setting:missing=true", document(R"("id":"x")")));
    CHECK(finds("type:not=34133-9", document(R"("id":"x")")));
    CHECK_FALSE(finds("date:missing=false", document(R"("id":"x")")));
}

TEST_CASE("each parameter of Patient looks at its element", "[search][A.1]") {
    auto const held = *read_patient(*json::read(
        R"({"resourceType":"Patient","id":"p","identifier":[{"system":"urn:oid:9","value":"77"}],
        "name":[{"family":"Müller","given":["Anna","Lena"],"prefix":["Dr."]},{"use":"maiden","family":"Smith"}],
        "telecom":[{"system":"phone","value":"555-1"},{"system":"email","value":"a@example.org"}],"gender":"female",
        "birthDate":"1970-01-02","address":[{"line":["Main St 1"],"city":"Graz","state":"ST","postalCode":"8010","country":"AT"}],
        "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"Huber"}]})"
    ));
    for (std::string const query :
         {"family=muller",
          "family=smith",
          "family=smith&given=anna",
          "given=lena",
          "given=anna&given=lena",
          "name=dr",
          "name=smi",
          "identifier=urn:oid:9|77",
          "gender=female",
          "birthdate=1970-01-02",
          "birthdate=1970",
          "birthdate=lt1980",
          "telecom=555-1",
          "telecom=phone|555-1",
          "phone=555-1",
          "email=A@example.org",
          "address=graz",
          "address=main",
          "address-city=gr",
          "address-state=st",
          "address-postalcode=8010",
          "address-country=at",
          "mothersMaidenName=hub",
          "family=x,smith",
          "family:contains=ITH",
          "gender:not=male",
          "_lastUpdated:missing=true"}) {
        INFO(query);
        CHECK(finds(query, held));
    }
    for (std::string const query :
         {"family=uller",
          "given=bob",
          "given=anna&given=bob",
          "identifier=urn:oid:9|78",
          "gender=male",
          "birthdate=1970-01-03",
          "phone=a@example.org",
          "address-city=main",
          "family:exact=muller"}) {
        INFO(query);
        CHECK_FALSE(finds(query, held));
    }
}

TEST_CASE(
    "what is offered has a name, a type and, but for the author's chains, a definition", "[search][B20]"
) {
    CHECK(document_reference_parameters().size() >= 18);
    for (auto const* all : {&document_reference_parameters(), &patient_parameters()}) {
        for (auto const& definition : *all) {
            INFO(definition.name);
            CHECK((definition.url.starts_with("http") || definition.name.starts_with("author.")));
            CHECK_FALSE(definition.type.empty());
        }
    }
}

}  // namespace tributary::fhir::search
