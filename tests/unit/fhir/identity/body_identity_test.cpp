#include "fhir/identity/body_identity.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/fhir/support/shared_files.hpp"

namespace tributary::fhir::identity {

namespace {

std::string cda(std::string const& header, std::string const& rest = "<recordTarget/></ClinicalDocument>") {
    return R"(<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">)" + header + rest;
}

}  // namespace

TEST_CASE("a CDA header tells id, set and version", "[identity][K5]") {
    auto const header =
        R"(<!-- <id root="9"/> > --><typeId root="8"/><x:id xmlns:x="other" root="7"/><id extension='a>b&amp;c' root="1.2"/>)"
        R"(<setId root="1.3"/><versionNumber value="4"/>)";
    auto const identity = read_body_identity("\xEF\xBB\xBF\n" + cda(header));
    CHECK(identity.document_id == "1.2^a>b&c");
    CHECK(identity.set_id == "1.3");
    CHECK(identity.version_number == 4);
    CHECK(identity.sha256.empty());
}

TEST_CASE("what follows the header is not read", "[identity][K5]") {
    CHECK(read_body_identity(cda(R"(<id root="1"/>)", "<recordTarget><broken")).document_id == "1");
    CHECK(
        read_body_identity(cda(R"(<id root="1"/>)", "<component/><id root=\"2\"/></ClinicalDocument>"))
            .document_id == "1"
    );
    CHECK(read_body_identity(cda(R"(<author><id root="2"/></author>)")).document_id.empty());
    CHECK(read_body_identity(cda(R"(<versionNumber value="4x"/>)")).version_number == std::nullopt);
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
          bomb,
          std::string(R"({"resourceType":"Patient","identifier":{"value":"1"}})"),
          std::string("{broken")}) {
        INFO(bytes);
        CHECK(read_body_identity(bytes).document_id.empty());
    }
}

TEST_CASE("a FHIR document tells its identifier", "[identity][K5]") {
    CHECK(
        read_body_identity(
            R"( {"resourceType":"Bundle","identifier":{"system":"urn:ietf:rfc:3986","value":"1.2.3"}})"
        )
            .document_id == "urn:ietf:rfc:3986|urn:oid:1.2.3"
    );
}

TEST_CASE("every real CDA document tells its id", "[identity][K5][vectors]") {
    auto const files = test::files("data/ccda/vendor", ".xml");
    for (auto const& file : files) {
        INFO(file);
        CHECK_FALSE(read_body_identity(test::read_file(file)).document_id.empty());
    }
}

}  // namespace tributary::fhir::identity
