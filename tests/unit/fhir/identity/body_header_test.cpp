#include "fhir/identity/body_header.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/fhir/support/shared_files.hpp"

namespace tributary::fhir::identity {

namespace {

std::string cda(std::string const& header, std::string const& rest = "<recordTarget/></ClinicalDocument>") {
    return R"(<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">)" + header + rest;
}

BodyIdentity identity_of(std::string_view bytes) { return read_body_header(bytes).identity; }

}  // namespace

TEST_CASE("a CDA header tells id, set and version", "[identity][K5]") {
    auto const header =
        R"(<!-- <id root="9"/> > --><typeId root="8"/><x:id xmlns:x="other" root="7"/><id extension='a>b&amp;c' root="1.2"/>)"
        R"(<setId root="1.3"/><versionNumber value="4"/>)";
    auto const identity = identity_of("\xEF\xBB\xBF\n" + cda(header));
    CHECK(identity.document_id == "1.2^a>b&c");
    CHECK(identity.set_id == "1.3");
    CHECK(identity.version_number == 4);
    CHECK(identity.sha256.empty());
}

TEST_CASE("what follows the header is not read", "[identity][K5]") {
    CHECK(identity_of(cda(R"(<id root="1"/>)", "<recordTarget><broken")).document_id == "1");
    CHECK(
        identity_of(cda(R"(<id root="1"/>)", "<component/><id root=\"2\"/></ClinicalDocument>"))
            .document_id == "1"
    );
    CHECK(identity_of(cda(R"(<author><id root="2"/></author>)")).document_id.empty());
    CHECK(identity_of(cda(R"(<versionNumber value="4x"/>)")).version_number == std::nullopt);
}

TEST_CASE("what is no CDA and no document tells nothing", "[identity][K5]") {
    std::string const bomb =
        R"(<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="&b;"/><component/></ClinicalDocument>)";
    for (auto const& bytes :
         {std::string(),
          std::string("  "),
          std::string("plain text"),
          std::string("<html><id root='1'/></html>"),
          std::string("<ClinicalDocument><id root='1'/><component/></ClinicalDocument>"),
          cda(R"(<id root="1"/><oops)", ""),
          cda(R"(<id root="1"/>)", ""),
          bomb,
          std::string(R"({"resourceType":"Patient","identifier":{"value":"1"}})"),
          std::string("{broken")}) {
        INFO(bytes);
        CHECK(identity_of(bytes).document_id.empty());
    }
}

TEST_CASE("a FHIR document tells its identifier", "[identity][K5]") {
    CHECK(
        identity_of(
            R"( {"resourceType":"Bundle","identifier":{"system":"urn:ietf:rfc:3986","value":"1.2.3"}})"
        )
            .document_id == "urn:ietf:rfc:3986|urn:oid:1.2.3"
    );
}

TEST_CASE("every real CDA document tells its id", "[identity][K5][vectors]") {
    auto const files = test::files("data/ccda/vendor", ".xml");
    for (auto const& file : files) {
        INFO(file);
        CHECK_FALSE(identity_of(test::read_file(file)).document_id.empty());
    }
}

TEST_CASE("a CDA tells whose it is, and not who the guardian is", "[identity][I.4]") {
    auto const subjects =
        read_body_header(
            cda("",
                R"(<recordTarget><patientRole><id root="1"/><addr><city>X</city></addr><patient>)"
                R"(<name use="L"><given>Alice</given><given nullFlavor="UNK"/><family>Newman</family></name>)"
                R"(<name><given>Alicia</given><family>Jones</family></name><birthTime value="197005011200-0500"/>)"
                R"(<guardian><guardianPerson><name><given>Bob</given><family>Smith</family></name></guardianPerson></guardian>)"
                R"(</patient></patientRole></recordTarget><author/></ClinicalDocument>)")
        )
            .subjects;
    REQUIRE(subjects.size() == 1);
    REQUIRE(subjects[0].names.size() == 2);
    CHECK(subjects.at(0).names[0].family == "Newman");
    CHECK(subjects.at(0).names[0].given.front() == "Alice");
    CHECK(subjects.at(0).names[1].family == "Jones");
    CHECK(subjects.at(0).birth_date == "1970-05-01");
}

TEST_CASE("a CDA tells of everybody it is about", "[identity][I.4]") {
    auto const target = [](std::string const& family) {
        return "<recordTarget><patientRole><patient><name><family>" + family +
               "</family></name></patient></patientRole></recordTarget>";
    };
    auto const header = read_body_header(
        cda("<id root='1.2'/>",
            target("Jones") + "<recordTarget nullFlavor='UNK'/>" + target("Smith") + "<author/>" +
                target("Brown") + "<component>" + target("Miller") + "</component></ClinicalDocument>")
    );
    REQUIRE(header.subjects.size() == 3);
    CHECK(header.subjects[0].names.at(0).family == "Jones");
    CHECK(header.subjects[1].names.at(0).family == "Smith");
    CHECK(header.subjects[2].names.at(0).family == "Brown");
    CHECK(header.identity.document_id == "1.2");
}

TEST_CASE("a FHIR document tells whose it is where it holds the Patient", "[identity][I.4]") {
    auto const document = [](std::string const& subject) {
        return R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","subject":{"reference":")" +
               subject +
               R"("}}},{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"a","birthDate":"1970-01-02"}},)"
               R"({"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"b","birthDate":"1980-01-02"}}]})";
    };
    CHECK(read_body_header(document("urn:uuid:2")).subjects.at(0).birth_date == "1980-01-02");
    CHECK(read_body_header(document("http://x/fhir/Patient/a")).subjects.at(0).birth_date == "1970-01-02");
    CHECK(read_body_header(document("Patient/c")).subjects.empty());
}

TEST_CASE("a CDA tells whose it is in every form it may have", "[identity][I.4]") {
    std::string const target =
        "<recordTarget><patientRole><patient><name><given>Alice</given><family>Newman</family></name>"
        "<birthTime value='19700501'/></patient></patientRole></recordTarget>";
    auto document = cda("<id root='1.2'/>", target + "<component/></ClinicalDocument>");
    SECTION("in UTF-16") {
        std::string wide = "\xFF\xFE";
        for (char const c : document) wide += std::string{c, '\0'};
        document = wide;
    }
    SECTION("with a DOCTYPE") { document.insert(document.find("?>") + 2, "<!DOCTYPE ClinicalDocument>"); }
    SECTION("with an author before the patient") {
        document.insert(document.find("<recordTarget>"), "<author><id root='9'/></author>");
    }
    auto const header = read_body_header(document);
    CHECK(header.media_type == "text/xml");
    CHECK(header.identity.document_id == "1.2");
    REQUIRE(header.subjects.size() == 1);
    CHECK(header.subjects.at(0).names.at(0).family == "Newman");
    CHECK(header.subjects.at(0).birth_date == "1970-05-01");
}

TEST_CASE("a FHIR document tells its subject also when it is contained, or in XML", "[identity][I.4]") {
    auto const contained = read_body_header(
        R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","subject":{"reference":"#q"},)"
        R"("contained":[{"resourceType":"Patient","id":"q","birthDate":"1951-01-02"}]}}]})"
    );
    REQUIRE(contained.subjects.size() == 1);
    CHECK(contained.subjects.at(0).birth_date == "1951-01-02");
    auto const in_xml = read_body_header(
        R"(<Bundle xmlns="http://hl7.org/fhir"><identifier><system value="urn:x"/><value value="7"/></identifier>)"
        R"(<entry><resource><Composition><subject><reference value="urn:uuid:2"/></subject></Composition></resource></entry>)"
        R"(<entry><fullUrl value="urn:uuid:2"/><resource><Patient><name><family value="Jones"/><given value="Al"/></name>)"
        R"(<birthDate value="1951-01-02"/></Patient></resource></entry></Bundle>)"
    );
    CHECK(in_xml.identity.document_id == "urn:x|7");
    REQUIRE(in_xml.subjects.size() == 1);
    CHECK(in_xml.subjects.at(0).names.at(0).family == "Jones");
    CHECK(in_xml.subjects.at(0).birth_date == "1951-01-02");
}

TEST_CASE("the first bytes tell the media type where they leave no doubt", "[identity][B.3]") {
    CHECK(read_body_header(cda("")).media_type == "text/xml");
    CHECK(read_body_header("%PDF-1.7").media_type == "application/pdf");
    CHECK(read_body_header("<other/>").media_type.empty());
    CHECK(read_body_header("text").media_type.empty());
}

}  // namespace tributary::fhir::identity
