#include "fhir/xml/resource.hpp"

#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::xml {

namespace {

Result<json::Value> read(std::string const& document) {
    PullReader reader(document);
    reader.next_element();
    return read_resource(reader);
}

}  // namespace

TEST_CASE("a document Bundle in XML reads as one in JSON does, as far as it is looked into", "[xml]") {
    auto const bundle = read(
        R"(<f:Bundle xmlns:f="http://hl7.org/fhir"><f:identifier><f:system value="urn:x"/><f:value value="1"/></f:identifier>)"
        R"(<f:type value="document"/><f:entry><f:fullUrl value="urn:uuid:1"/><f:resource><f:Composition>)"
        R"(<f:text><div xmlns="http://www.w3.org/1999/xhtml"><p>…</p></div></f:text><f:subject><f:reference value="#p"/></f:subject>)"
        R"(<f:contained><f:Patient><f:id value="p"/><f:name><f:family value="Smith"/><f:given value="Bob"/><f:given value="J."/></f:name>)"
        R"(<f:birthDate value="1970-01-02"/></f:Patient></f:contained></f:Composition></f:resource></f:entry>)"
        R"(<f:entry><f:resource><f:Patient><f:id value="q"/></f:Patient></f:resource></f:entry></f:Bundle>)"
    );
    REQUIRE(bundle.has_value());
    CHECK(
        json::write(*bundle) ==
        R"({"identifier":{"system":"urn:x","value":"1"},"entry":[{"fullUrl":"urn:uuid:1","resource":{"subject":{"reference":"#p"},)"
        R"("contained":[{"id":"p","name":[{"family":"Smith","given":["Bob","J."]}],"birthDate":"1970-01-02","resourceType":"Patient"}],)"
        R"("resourceType":"Composition"}},{"resource":{"id":"q","resourceType":"Patient"}}],"resourceType":"Bundle"})"
    );
}

TEST_CASE("what is no resource of FHIR in XML, or broken, is none", "[xml]") {
    CHECK(read("<Bundle/>").error().errc() == Errc::malformed);
    CHECK(read("plain").error().errc() == Errc::malformed);
    CHECK(read(R"(<Bundle xmlns="http://hl7.org/fhir"><entry>)").error().errc() == Errc::malformed);
}

}  // namespace tributary::fhir::xml
