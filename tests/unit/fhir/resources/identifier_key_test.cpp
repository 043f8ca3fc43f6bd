#include "fhir/resources/identifier_key.hpp"

#include "tests/support/catch.hpp"

namespace tributary::fhir {

TEST_CASE("identifiers that mean the same have one key", "[identity][D.2]") {
    struct Case {
        std::string system, value, key;
    };
    for (auto const& [system, value, key] : std::vector<Case>{
             {"urn:ietf:rfc:3986", "urn:oid:1.2.3", "urn:ietf:rfc:3986|urn:oid:1.2.3"},
             {"urn:ietf:rfc:3986", " URN:OID:1.2.3 ", "urn:ietf:rfc:3986|urn:oid:1.2.3"},
             {"urn:ietf:rfc:3986", "1.2.3", "urn:ietf:rfc:3986|urn:oid:1.2.3"},
             {"", "urn:oid:1.2.3", "urn:ietf:rfc:3986|urn:oid:1.2.3"},
             {"urn:ietf:rfc:3986",
              "0C287D32-01E3-4D87-9953-9FCC9404EB21",
              "urn:ietf:rfc:3986|urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21"},
             {"urn:ietf:rfc:3986",
              "urn:UUID:0C287D32-01e3-4d87-9953-9fcc9404eb21",
              "urn:ietf:rfc:3986|urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21"},
             {"urn:oid:1.2.3", "E-7", "urn:oid:1.2.3|E-7"},
             {"1.2.3", "E-7", "urn:oid:1.2.3|E-7"},
             {"urn:ietf:rfc:3986", "1.2.3^E-7", "urn:oid:1.2.3|E-7"},
             {"urn:ietf:rfc:3986", "urn:oid:1.2.3^E-7", "urn:oid:1.2.3|E-7"},
             {"", "1.2.3^E-7", "urn:oid:1.2.3|E-7"},
             {"", "1.2.3^", "urn:ietf:rfc:3986|urn:oid:1.2.3"},
             {"http://hospital.example/docs", " 1.2.3 ", "http://hospital.example/docs|1.2.3"},
             {"http://hospital.example/docs", "a^b", "http://hospital.example/docs|a^b"},
             {"", "DOC-1", "|DOC-1"},
             {"urn:oid:1.2", "", ""}
         }) {
        INFO(system << " " << value);
        CHECK(identifier_key({"", "", system, value}) == key);
    }
}

TEST_CASE("identifiers in other Unicode spellings stay different", "[identity][odd]") {
    CHECK(identifier_key({"", "", "s", "\xC3\xA4"}) != identifier_key({"", "", "s", "a\xCC\x88"}));
}

TEST_CASE("code systems go by their URI", "[search]") {
    CHECK(normalised_code_system("urn:oid:2.16.840.1.113883.6.1") == "http://loinc.org");
    CHECK(normalised_code_system("http://loinc.org") == "http://loinc.org");
    CHECK(normalised_code_system("urn:oid:1.2.3") == "urn:oid:1.2.3");
}

}  // namespace tributary::fhir
