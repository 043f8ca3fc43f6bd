#include "orchestrator/pipeline/document_check.hpp"

#include "orchestrator/base/digest.hpp"
#include "tests/support/catch.hpp"

namespace tributary::pipeline {

namespace {

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

TEST_CASE("a digest is compared only with the representation it describes", "[retrieval][D.4]") {
    CHECK(refused({"text/plain", sha1_of("hello")}, came("other", "text/plain")) == Errc::conflict);
    CHECK(
        refused({"text/plain", sha1_of("hello")}, came("other", "Text/Plain; charset=utf-8")) ==
        Errc::conflict
    );
    CHECK(
        check_document({"text/plain", sha1_of("hello")}, came("%PDF", "application/pdf"))->content_type ==
        "application/pdf"
    );
    CHECK(check_document({"text/plain", sha1_of("")}, came("assembled later", "text/plain")).has_value());
    CHECK(check_document({"text/plain", "no digest"}, came("anything", "text/plain")).has_value());
}

}  // namespace tributary::pipeline
