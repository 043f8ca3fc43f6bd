#include "fhir/resources/document_reference.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/resources/patient.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir {

namespace {

DocumentReference document(std::string const& members) {
    return *read_document_reference(*json::read(R"({"resourceType":"DocumentReference",)" + members + "}"));
}

}  // namespace

TEST_CASE("a DocumentReference is read in the parts that matter", "[resources]") {
    auto const read = document(
        R"("id":"d1","meta":{"versionId":"2","lastUpdated":"2024-01-01T00:00:00Z"},
        "masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2"},
        "identifier":[{"use":"official","value":"x","type":{"coding":[{"code":"entryUUID"}]}},{"system":"nothing"}],
        "status":"superseded","docStatus":"final","type":{"coding":[{"system":"s","code":"c","display":"d"}]},
        "category":[{"coding":[{"code":"k1"}]},{"coding":[{"code":"k2"}]}],
        "subject":{"reference":"Patient/7","identifier":{"system":"a","value":"b"}},"date":"2024-01-01T00:00:00Z",
        "author":[{"reference":"#a"}],"relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/d0"}}],
        "securityLabel":[{"coding":[{"code":"R"}]}],
        "content":[{"attachment":{"contentType":"text/plain","url":"Binary/1","size":3,"hash":"h","creation":"2023"},
                    "format":{"system":"f","code":"g"}},{"attachment":{"data":"eA=="}}],
        "context":{"event":[{"coding":[{"code":"e"}]}],"period":{"start":"2023","end":"2024"},
                   "facilityType":{"coding":[{"code":"ft"}]},"practiceSetting":{"coding":[{"code":"ps"}]}},
        "extension":[{"url":"https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-HomeCommunityId","valueOid":"urn:oid:9"}])"
    );
    CHECK(read.id == "d1");
    CHECK(read.meta.version_id == "2");
    CHECK(read.master_identifier->value == "urn:oid:1.2");
    REQUIRE(read.identifiers.size() == 1);
    CHECK(read.identifiers[0].type == "entryUUID");
    CHECK(read.status == "superseded");
    CHECK(read.doc_status == "final");
    CHECK(read.type == std::vector<Coding>{{"s", "c", "d"}});
    CHECK(read.category.size() == 2);
    CHECK(read.subject.identifier->value == "b");
    CHECK(read.relates_to.at(0).target.reference == "DocumentReference/d0");
    CHECK(read.security_labels.at(0).code == "R");
    REQUIRE(read.contents.size() == 2);
    CHECK(read.contents[0].attachment.size == 3);
    CHECK(read.contents[0].format.code == "g");
    CHECK(read.contents[1].attachment.has_data);
    CHECK(read.events.at(0).code == "e");
    CHECK(read.period.end == "2024");
    CHECK(read.facility_type.at(0).code == "ft");
    CHECK(read.practice_setting.at(0).code == "ps");
    CHECK(read.home_community_id == "urn:oid:9");
    CHECK(read.resource.text("id") == "d1");
}

TEST_CASE("what servers get wrong is read all the same", "[resources][odd]") {
    CHECK(document(R"("type":[{"coding":[{"code":"c"}]}])").type.at(0).code == "c");
    CHECK(document(R"("indexed":"2020","class":{"coding":[{"code":"c"}]})").date == "2020");
    CHECK(document(R"("class":{"coding":[{"code":"c"}]})").category.at(0).code == "c");
    CHECK(document(R"("id":"x")").status == "current");
    CHECK(document(R"("date":"20210612101500-0500")").date == "2021-06-12T10:15:00-05:00");
    CHECK(document(R"("date":"20210612")").date == "2021-06-12");
    CHECK(document(R"("date":7,"status":["current"],"author":{},"content":"none")").date.empty());
    CHECK(document(R"("content":[{"attachment":{"size":"12"}}])").contents.at(0).attachment.size == 12);
    CHECK_FALSE(document(R"("content":[{"attachment":{"size":-1}}])").contents.at(0).attachment.size);
    CHECK(
        document(R"("context":[{"reference":"Encounter/1"}],"period":{"start":"2020"})").period.start ==
        "2020"
    );
    CHECK(
        document(R"("relatesTo":[{"code":{"coding":[{"code":"appends"}]}}])").relates_to.at(0).code ==
        "appends"
    );
}

TEST_CASE("another resource is no DocumentReference and no Patient", "[resources]") {
    CHECK(
        read_document_reference(*json::read(R"({"resourceType":"Patient"})")).error().errc() ==
        Errc::malformed
    );
    CHECK(read_document_reference(*json::read("[]")).error().errc() == Errc::malformed);
    CHECK(read_patient(*json::read("{}")).error().errc() == Errc::malformed);
}

TEST_CASE("a Patient is read in the parts that matter", "[resources]") {
    auto const patient = *read_patient(*json::read(
        R"({"resourceType":"Patient","id":"p","active":false,"identifier":[{"system":"s","value":"v"}],
        "name":[{"use":"official","family":"Smith","given":["Bob",null,"Lee"]},{"text":"Bobby"}],
        "telecom":[{"system":"phone","value":"1"}],"gender":"male","birthDate":"1970-01-02",
        "address":[{"line":["1 Main St"],"city":"X","postalCode":"12345"}],
        "link":[{"other":{"reference":"Patient/q"},"type":"replaced-by"}],
        "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"Jones"}]})"
    ));
    CHECK(patient.active == false);
    CHECK(patient.names.at(0).given == std::vector<std::string>{"Bob", "Lee"});
    CHECK(patient.names.at(1).text == "Bobby");
    CHECK(patient.addresses.at(0).postal_code == "12345");
    CHECK(patient.links.at(0).type == "replaced-by");
    CHECK(patient.mothers_maiden_name == "Jones");
}

TEST_CASE("references tell type and id", "[resources]") {
    struct Case {
        std::string reference, type, id;
    };
    for (auto const& [reference, type, id] : std::vector<Case>{
             {"Patient/12", "Patient", "12"},
             {"http://x/fhir/Patient/12/_history/3", "Patient", "12"},
             {"http://x/fhir/Patient/12/", "Patient", "12"},
             {"12", "", "12"},
             {"#p", "", ""},
             {"urn:uuid:1", "", ""},
             {"http://x/fhir", "", ""},
             {"/12", "", ""},
             {"", "", ""}
         }) {
        INFO(reference);
        CHECK(reference_type(reference) == type);
        CHECK(reference_id(reference) == id);
    }
    CHECK(is_id(std::string(64, 'a')));
    CHECK_FALSE(is_id(std::string(65, 'a')));
    CHECK_FALSE(is_id("a b"));
}

}  // namespace tributary::fhir
