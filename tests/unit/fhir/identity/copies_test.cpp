#include "fhir/identity/copies.hpp"

#include <string>

#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::identity {

namespace {

DocumentReference document(std::string const& members) {
    return *read_document_reference(*json::read(R"({"resourceType":"DocumentReference",)" + members + "}"));
}

DocumentReference labelled(std::vector<std::string> const& codes) {
    std::string labels;
    for (auto const& code : codes) {
        std::string const system = code.size() == 1
                                       ? "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
                                       : "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        if (!labels.empty()) labels += ',';
        labels += R"({"coding":[{"system":")" + system + R"(","code":")" + code + R"("}]})";
    }
    return document(R"("securityLabel":[)" + labels + "]");
}

std::string strictest(std::vector<DocumentReference> const& copies) {
    std::vector<DocumentReference const*> pointers;
    for (auto const& copy : copies) pointers.push_back(&copy);
    std::string codes;
    for (auto const& label : strictest_labels(pointers))
        codes += std::string(label.items("coding").front().text("code")) + ' ';
    return codes;
}

}  // namespace

TEST_CASE(
    "of several copies' labels the strictest confidentiality stays, and all others", "[identity][D.3]"
) {
    CHECK(strictest({labelled({})}).empty());
    CHECK(strictest({labelled({"N"}), labelled({"R"}), labelled({"L"})}) == "R ");
    CHECK(strictest({labelled({"V"}), labelled({"U"})}) == "V ");
    CHECK(strictest({labelled({"ETH", "N"}), labelled({"N", "HIV", "ETH"})}) == "N ETH HIV ");
}

TEST_CASE("metadata are ranked by what their profile demands", "[identity][B.2]") {
    std::string const master = R"("masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2"},)";
    auto const codes_of = [](std::string const& name) {
        return '"' + name + R"(":[{"coding":[{"system":"s","code":"c"}]}],)";
    };
    auto const code_of = [](std::string const& name) {
        return '"' + name + R"(":{"coding":[{"system":"s","code":"c"}]})";
    };
    std::string const plain = R"("content":[{"attachment":{"contentType":"text/plain","url":"u"}}])";
    std::string const full =
        R"("content":[{"attachment":{"contentType":"text/plain","url":"u","language":"en","creation":"2026-01-01"},"format":{"code":"f"}}],)" +
        codes_of("category") + codes_of("securityLabel") + code_of("type") + R"(,"context":{)" +
        code_of("facilityType") + ',' + code_of("practiceSetting") + '}';
    CHECK(richness(document(plain)) == 0);
    CHECK(richness(document(master + plain)) == 1);
    CHECK(richness(document(master + full)) == 2);
    CHECK(richness(document(full)) == 0);
}

}  // namespace tributary::fhir::identity
