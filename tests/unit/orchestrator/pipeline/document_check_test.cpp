#include "orchestrator/pipeline/document_check.hpp"

#include <vector>

#include "orchestrator/base/digest.hpp"
#include "tests/support/catch.hpp"

namespace tributary::pipeline {

namespace {

std::string const kCda =
    R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="7"/><recordTarget><patientRole><patient>)"
    R"(<birthTime value="19700501"/></patient></patientRole></recordTarget></ClinicalDocument>)";

partner::RetrievedDocument came(std::string bytes, std::string content_type) {
    partner::RetrievedDocument document;
    document.bytes = std::move(bytes);
    document.content_type = std::move(content_type);
    return document;
}
std::string sha1_of(std::string_view bytes) {
    auto const digest = sha1(bytes);
    return base64(std::string_view(reinterpret_cast<char const*>(digest.data()), digest.size()));
}
Errc refused(ExpectedDocument const& expected, partner::RetrievedDocument document) {
    auto const checked = check_document(expected, std::move(document));
    REQUIRE(checked.has_error());
    return checked.error().errc();
}

}  // namespace

TEST_CASE("a document is taken as it came, with its digest", "[retrieval][B.3]") {
    auto const checked =
        check_document({"application/pdf", sha1_of("%PDF")}, came("%PDF", "application/octet-stream"));
    REQUIRE(checked.has_value());
    CHECK(*checked->bytes == "%PDF");
    CHECK(checked->content_type == "application/pdf");
    CHECK(checked->identity.sha256 == hex(sha256("%PDF")));
}

TEST_CASE("what is no document is refused", "[retrieval][B.3]") {
    CHECK(refused({"text/xml", ""}, came("", "text/xml")) == Errc::invalid);
    CHECK(refused({"text/xml", ""}, came("<html>log in</html>", "text/html")) == Errc::invalid);
    CHECK(refused({"text/xml", ""}, came("\n<!DOCTYPE HTML><p>log in", "text/xml")) == Errc::invalid);
    CHECK(refused({"text/xml", ""}, came("<x/>", "application/xhtml+xml")) == Errc::invalid);
    CHECK(refused({"text/plain", ""}, came("<!-- a --><html>log in", "text/plain")) == Errc::invalid);
    CHECK(
        refused(
            {"text/plain", ""},
            came("\xEF\xBB\xBF<?xml version='1.0'?>\n<!DOCTYPE html><html/>", "text/plain")
        ) == Errc::invalid
    );
    CHECK(
        refused(
            {"text/xml", ""},
            came(R"({"resourceType":"OperationOutcome","issue":[]})", "application/fhir+json")
        ) == Errc::invalid
    );
    CHECK(check_document({"text/html", ""}, came("<html>a report</html>", "text/html")).has_value());
}

TEST_CASE("a FHIR Binary in place of the document is undone", "[retrieval][B.3]") {
    auto const wrapped = R"({"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="})";
    auto const checked =
        check_document({"text/plain", sha1_of("hello")}, came(wrapped, "application/fhir+json"));
    REQUIRE(checked.has_value());
    CHECK(*checked->bytes == "hello");
    CHECK(checked->content_type == "text/plain");
    CHECK(
        refused({"text/plain", ""}, came(R"({"resourceType":"Binary","data":"%%"})", "application/json")) ==
        Errc::invalid
    );
}

TEST_CASE("a wrapper or an outcome is one, whatever type it is sent as", "[retrieval][B.3]") {
    auto const sent_as = GENERATE("text/plain", "application/octet-stream", "application/fhir+xml", "");
    CAPTURE(sent_as);
    std::string const xmlns = R"( xmlns="http://hl7.org/fhir")";
    for (auto const& outcome : std::vector<std::string>{
             R"({"resourceType":"OperationOutcome","issue":[]})",
             "\xEF\xBB\xBF\n{\"issue\":[],\"resourceType\":\"OperationOutcome\"}",
             "<?xml version='1.0'?><OperationOutcome" + xmlns + "><issue/></OperationOutcome>",
             "<f:OperationOutcome xmlns:f='http://hl7.org/fhir'><broken"
         }) {
        INFO(outcome);
        CHECK(refused({"text/plain", ""}, came(outcome, sent_as)) == Errc::invalid);
    }
    for (auto const& wrapped : std::vector<std::string>{
             R"({"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="})",
             "<Binary" + xmlns + "><contentType value='text/plain'/><data value='aGVs\nbG8='/></Binary>"
         }) {
        INFO(wrapped);
        auto const checked = check_document({"text/plain", sha1_of("hello")}, came(wrapped, sent_as));
        REQUIRE(checked.has_value());
        CHECK(*checked->bytes == "hello");
    }
    CHECK(
        refused({"text/plain", ""}, came("<Binary" + xmlns + "><data/></Binary>", sent_as)) == Errc::invalid
    );
}

TEST_CASE("a document that only looks like a wrapper is kept", "[retrieval][B.3]") {
    for (auto const& text : std::vector<std::string>{
             "{dictated, not read}",
             R"({"resourceType": that is what the report says)",
             R"({"resourceType":"Bundle","type":"document"})",
             R"({"note":"\"resourceType\":\"OperationOutcome\""})",
             "{\\rtf1 resourceType}",
             "<OperationOutcome>of the operation: good</OperationOutcome>",
             "<Bundle xmlns='http://hl7.org/fhir'/>"
         }) {
        INFO(text);
        auto const checked = check_document({"text/plain", sha1_of(text)}, came(text, "text/plain"));
        REQUIRE(checked.has_value());
        CHECK(*checked->bytes == text);
    }
}

TEST_CASE("what was polled for is the document inside the Bundle around it", "[retrieval][G]") {
    auto const wrapped =
        R"({"resourceType":"Bundle","type":"batch-response","entry":[{"response":{"status":"200"},"resource":)"
        R"({"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="}}]})";
    auto const checked =
        check_document({"text/plain", sha1_of("hello")}, came(wrapped, "application/fhir+json"));
    REQUIRE(checked.has_value());
    CHECK(*checked->bytes == "hello");
    auto const failed =
        R"({"resourceType":"Bundle","type":"batch-response","entry":[{"response":{"status":"500"}}]})";
    CHECK(refused({"text/plain", ""}, came(failed, "application/fhir+json")) == Errc::http_status);
}

TEST_CASE("a digest is compared only with the representation it describes", "[retrieval][D.4]") {
    CHECK(refused({"text/plain", sha1_of("hello")}, came("other", "text/plain")) == Errc::conflict);
    CHECK(
        refused({"text/plain", sha1_of("hello")}, came("other", "Text/Plain; charset=utf-8")) ==
        Errc::conflict
    );
    CHECK(check_document({"text/plain", sha1_of("hello")}, came("{rtf}", "application/rtf")).has_value());
    CHECK(check_document({"text/plain", sha1_of("")}, came("assembled later", "text/plain")).has_value());
    CHECK(check_document({"text/plain", "no digest"}, came("anything", "text/plain")).has_value());
}

TEST_CASE(
    "a size is compared where there is no digest, and is no reason to do without the document",
    "[retrieval][B.3]"
) {
    ExpectedDocument expected{"text/plain", "", "", 14};
    CHECK_FALSE(check_document(expected, came("fourteen bytes", "text/plain"))->wrong_size);
    CHECK(refused(expected, came("hello", "text/plain")) == Errc::conflict);
    CHECK_FALSE(check_document(expected, came("{rtf}", "application/rtf"))->wrong_size);
    expected.last_look = true;
    auto const taken = check_document(expected, came("hello", "text/plain"));
    REQUIRE(taken.has_value());
    CHECK(*taken->bytes == "hello");
    CHECK(taken->wrong_size);
    CHECK(taken->hash_mismatch);
    SECTION("0 is none yet") {
        CHECK_FALSE(check_document({"text/plain", "", "", 0}, came("hello", "text/plain"))->wrong_size);
        CHECK_FALSE(
            check_document({"text/plain", sha1_of(""), "", 3}, came("hello", "text/plain"))->wrong_size
        );
    }
    SECTION("beside a digest that is right it is wrong itself") {
        auto const accepted =
            check_document({"text/plain", sha1_of("hello"), "", 14}, came("hello", "text/plain"));
        REQUIRE(accepted.has_value());
        CHECK(accepted->wrong_size);
        CHECK_FALSE(accepted->hash_mismatch);
    }
}

TEST_CASE("a document is of the type its metadata say, unless its bytes leave no doubt", "[retrieval][B.3]") {
    auto const type = [](std::string const& stated, std::string const& bytes, std::string const& sent) {
        return check_document({stated, ""}, came(bytes, sent))->content_type;
    };
    CHECK(type("text/xml", "<x/>", "application/xml") == "text/xml");
    CHECK(type("text/plain", "hello", "application/octet-stream") == "text/plain");
    CHECK(type("text/plain", "%PDF-1.4", "text/plain") == "application/pdf");
    CHECK(type("application/hl7-cda+xml", kCda, "text/xml") == "application/hl7-cda+xml");
    CHECK(type("text/plain", kCda, "text/plain") == "text/xml");
    CHECK(type("", "hello", "text/plain") == "text/plain");
}

TEST_CASE("at the last look bytes are taken that bear the uniqueId, and flagged", "[retrieval][D.4]") {
    ExpectedDocument expected{"text/xml", sha1_of("other"), "urn:oid:1.2.3|7"};
    CHECK(refused(expected, came(kCda, "text/xml")) == Errc::conflict);
    expected.last_look = true;
    auto const checked = check_document(expected, came(kCda, "text/xml"));
    REQUIRE(checked.has_value());
    CHECK(checked->hash_mismatch);
    CHECK(checked->subjects.at(0).birth_date == "1970-05-01");
    expected.unique_id = "urn:oid:1.2.3|8";
    CHECK(refused(expected, came(kCda, "text/xml")) == Errc::conflict);
    expected.unique_id = "";
    CHECK(refused(expected, came("hello", "text/xml")) == Errc::conflict);
}

}  // namespace tributary::pipeline
