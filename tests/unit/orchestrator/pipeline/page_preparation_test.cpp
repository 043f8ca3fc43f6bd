#include "orchestrator/pipeline/page_preparation.hpp"

#include "fhir/identity/document_identity.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/pipeline/ids.hpp"
#include "tests/support/catch.hpp"

namespace tributary::pipeline {

namespace {

PreparedPage prepared(std::string const& attachment, std::size_t limit = 1000) {
    auto const text =
        R"({"resourceType":"DocumentReference","id":"d1","status":"current","masterIdentifier":{"system":"urn:oid:1.2","value":"7"},"content":[{"attachment":{"url":"Binary/1"}},{"attachment":)" +
        attachment + "}]}";
    std::vector<fhir::DocumentReference> documents;
    documents.push_back(fhir::read_document_reference(fhir::json::read(text).value()).value());
    return prepare("scope", "p1", "https://partner/fhir", std::move(documents), limit);
}

}  // namespace

TEST_CASE("ids depend on scope, partner and remote id alone, one a content", "[pipeline]") {
    auto const page = prepared(R"({"url":"Binary/2"})");
    REQUIRE(page.entries.size() == 1);
    CHECK(page.entries[0].id == document_id("scope", "p1", "d1"));
    CHECK(
        page.entries[0].binary_ids ==
        std::vector<std::string>{binary_id("scope", "p1", "d1", 0), binary_id("scope", "p1", "d1", 1)}
    );
    CHECK(document_id("scope", "p1", "d1") != document_id("scope", "p2", "d1"));
    CHECK(document_id("scope", "p1", "d1") != document_id("other", "p1", "d1"));
    CHECK(document_id("scope", "p1", "d1") != patient_id("scope", "p1", "d1"));
}

TEST_CASE(
    "an extension that names the partner's server is taken out, another one stays",
    "[pipeline][architecture 8]"
) {
    auto const page = prepared(
        R"({"url":"Binary/2","extension":[{"url":"a","valueUri":"https://partner/x?y"},{"url":"b","valueUri":"https://partner.example/x"},)"
        R"({"url":"c","valueUri":"urn:oid:1.2"}]})"
    );
    auto const written = fhir::json::write(page.entries.at(0).document.resource);
    CHECK(written.find("https://partner/") == std::string::npos);
    CHECK(written.find("https://partner.example/x") != std::string::npos);
    CHECK(written.find("urn:oid:1.2") != std::string::npos);
}

TEST_CASE(
    "a masterIdentifier that is the partner's URL becomes another name, wherever it is named",
    "[pipeline][architecture 8]"
) {
    auto const named = [](std::string const& system, std::string const& value) {
        auto const text = R"({"resourceType":"DocumentReference","id":"d1","masterIdentifier":{"system":")" +
                          system + R"(","value":")" + value +
                          R"("},"relatesTo":[{"code":"replaces","target":{"identifier":{"system":")" +
                          system + R"(","value":")" + value + R"("}}}]})";
        std::vector<fhir::DocumentReference> documents;
        documents.push_back(fhir::read_document_reference(fhir::json::read(text).value()).value());
        return prepare("", "p1", "https://partner/fhir", std::move(documents), 1000).entries.at(0).document;
    };
    std::string const ietf = "urn:ietf:rfc:3986";
    auto const document = named(ietf, "https://partner/fhir/DocumentReference/d1");
    CHECK(fhir::json::write(document.resource).find("https://partner/") == std::string::npos);
    auto const stored = fhir::read_document_reference(document.resource).value();
    REQUIRE(stored.master_identifier);
    CHECK(stored.master_identifier->value.starts_with("urn:uuid:"));
    CHECK(stored.master_identifier->value == document.master_identifier->value);
    CHECK(stored.relates_to.at(0).target.identifier->value == stored.master_identifier->value);
    CHECK(
        named(ietf, "https://partner/fhir/DocumentReference/d2").master_identifier->value !=
        stored.master_identifier->value
    );
    CHECK(named(ietf, "https://else/d1").master_identifier->value.starts_with("urn:uuid:"));
    CHECK(named(ietf, "urn:oid:2.999.1").master_identifier->value == "urn:oid:2.999.1");
    CHECK(named("urn:oid:1.2", "7").master_identifier->value == "7");
}

TEST_CASE(
    "a relation below the partner's base is one to its own document, whatever it calls itself",
    "[pipeline][D.1]"
) {
    auto const target = GENERATE(
        as<std::string>{},
        "https://partner/fhir/DocumentReference/d2",
        "http://partner/fhir/DocumentReference/d2/_history/3",
        "https://inner:8443/r4/DocumentReference/d2",
        "DocumentReference/d2"
    );
    auto const own = [](std::string const& reference) {
        auto const text =
            R"({"resourceType":"DocumentReference","id":"d1","subject":{"reference":"https://inner:8443/r4/Patient/7"},"relatesTo":[{"code":"replaces","target":{"reference":")" +
            reference + R"("}}],"content":[]})";
        std::vector<fhir::DocumentReference> documents;
        documents.push_back(fhir::read_document_reference(fhir::json::read(text).value()).value());
        auto const page = prepare("scope", "p1", "https://partner/fhir", std::move(documents), 1000);
        auto const& kept = page.entries.at(0).document;
        auto const again = fhir::read_document_reference(kept.resource).value();
        CHECK(again.relates_to.at(0).target.reference == kept.relates_to.at(0).target.reference);
        return std::string(fhir::identity::own_target(kept.relates_to.at(0).target));
    };
    CHECK(own(target) == "d2");
    CHECK(own("https://other.example/fhir/DocumentReference/d2").empty());
    CHECK(own("https://partner/other/DocumentReference/d2").empty());
}

TEST_CASE("inline data becomes a body and leaves the resource", "[pipeline]") {
    auto const page = prepared(R"({"contentType":"text/plain","data":"aGVsbG8="})");
    REQUIRE(page.bodies.size() == 1);
    CHECK(*page.bodies[0].bytes == "hello");
    CHECK(page.bodies[0].sha256 == hex(sha256("hello")));
    REQUIRE(page.entries[0].inline_bodies.size() == 1);
    CHECK(page.entries[0].inline_bodies[0].content == 1);
    CHECK(page.entries[0].inline_bodies[0].size == 5);
    CHECK(fhir::json::write(page.entries[0].document.resource).find("aGVsbG8") == std::string::npos);
    CHECK_FALSE(page.partial);
}

TEST_CASE("a contained Binary is inline data", "[pipeline][B.1]") {
    std::vector<fhir::DocumentReference> documents;
    documents.push_back(
        fhir::read_document_reference(fhir::json::read(
                                          R"({"resourceType":"DocumentReference","id":"d1","contained":[
        {"resourceType":"Binary","id":"b1","contentType":"text/plain","data":"aGVsbG8="}],
        "content":[{"attachment":{"title":"Letter","url":"#b1"}},{"attachment":{"url":"#none"}}]})"
                                      )
                                          .value())
            .value()
    );
    auto const page = prepare("scope", "p1", "https://partner/fhir", std::move(documents), 1000);
    REQUIRE(page.bodies.size() == 1);
    CHECK(*page.bodies[0].bytes == "hello");
    CHECK(page.entries[0].inline_bodies.at(0).content == 0);
    auto const& document = page.entries[0].document;
    CHECK(document.contents[0].attachment.has_data);
    CHECK(document.contents[0].attachment.content_type == "text/plain");
    CHECK(document.resource.find("contained") == nullptr);
    CHECK(document.contents[1].attachment.url == "#none");
    CHECK_FALSE(fhir::is_retrievable(document.contents[1].attachment));
}

TEST_CASE("inline data that cannot be read is none", "[pipeline][B.1]") {
    auto const page = prepared(R"({"contentType":"text/plain","data":"?"})");
    CHECK(page.bodies.empty());
    CHECK(page.partial);
    CHECK_FALSE(fhir::is_retrievable(page.entries[0].document.contents[1].attachment));
}

TEST_CASE("inline bytes tell what they are and whose", "[pipeline][K5][I.4]") {
    std::string const cda =
        R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="7"/><recordTarget><patientRole><patient>)"
        R"(<birthTime value="19700501"/></patient></patientRole></recordTarget></ClinicalDocument>)";
    auto const page = prepared(R"({"contentType":"text/xml","data":")" + base64(cda) + R"("})");
    REQUIRE(page.entries[0].inline_bodies.size() == 1);
    auto const& body = page.entries[0].inline_bodies[0];
    CHECK(body.identity.document_id == "1.2^7");
    CHECK(body.media_type == "text/xml");
    REQUIRE(body.subjects.size() == 1);
    CHECK(body.subjects[0].birth_date == "1970-05-01");
}

TEST_CASE("inline data of another digest than its metadata say is not kept", "[pipeline][D.4]") {
    auto const hash_of = [](std::string_view bytes) {
        auto const digest = sha1(bytes);
        return base64(std::string_view(reinterpret_cast<char const*>(digest.data()), digest.size()));
    };
    auto const with = [&](std::string const& data, std::string const& hash) {
        return prepared(
            R"({"contentType":"text/xml","data":")" + base64(data) + R"(","hash":")" + hash + R"("})"
        );
    };
    SECTION("but counted") {
        auto const page = with("hello", hash_of("other"));
        CHECK(page.bodies.empty());
        CHECK(page.entries.at(0).inline_bodies.empty());
        CHECK(page.quarantined == 1);
        CHECK_FALSE(page.partial);
        CHECK(
            fhir::json::write(page.entries[0].document.resource).find(base64("hello")) == std::string::npos
        );
    }
    SECTION("unless that is the digest of nothing, or is none") {
        CHECK(with("hello", hash_of("hello")).bodies.size() == 1);
        CHECK(with("hello", hash_of("")).bodies.size() == 1);
        CHECK(with("hello", "no digest").bodies.size() == 1);
        CHECK_FALSE(with("hello", hash_of("")).entries.at(0).inline_bodies.at(0).hash_mismatch);
    }
    SECTION("unless the bytes bear the name of the document") {
        auto const page = with(
            R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="7"/><recordTarget/></ClinicalDocument>)",
            hash_of("other")
        );
        REQUIRE(page.entries.at(0).inline_bodies.size() == 1);
        CHECK(page.entries[0].inline_bodies[0].hash_mismatch);
        CHECK(page.quarantined == 0);
    }
}

TEST_CASE(
    "inline data of another size than its metadata say is kept, counted and flagged", "[pipeline][B.3]"
) {
    auto const page = prepared(R"({"contentType":"text/plain","data":"aGVsbG8=","size":14})");
    REQUIRE(page.entries.at(0).inline_bodies.size() == 1);
    CHECK(page.entries[0].inline_bodies[0].hash_mismatch);
    CHECK(page.wrong_sizes == 1);
    CHECK(prepared(R"({"contentType":"text/plain","data":"aGVsbG8=","size":5})").wrong_sizes == 0);
}

TEST_CASE("inline data that cannot be used counts as none, told as partial", "[pipeline]") {
    SECTION("because it is no base64") {
        auto const page = prepared(R"({"data":"%%%%"})");
        CHECK(page.bodies.empty());
        CHECK(page.partial);
    }
    SECTION("because it is too long") {
        auto const page = prepared(R"({"data":"aGVsbG8="})", 4);
        CHECK(page.bodies.empty());
        CHECK(page.partial);
    }
}

}  // namespace tributary::pipeline
