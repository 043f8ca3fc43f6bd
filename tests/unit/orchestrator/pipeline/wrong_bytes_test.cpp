#include "tests/unit/orchestrator/pipeline/retrieval_fixture.hpp"

namespace tributary::pipeline {

TEST_CASE_METHOD(
    RetrievalFixture,
    "bytes that bear the uniqueId are served whatever their digest, and flagged",
    "[retrieval][D.4]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    std::string const cda =
        R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="2.999.77"/><recordTarget/></ClinicalDocument>)";
    DocumentParts parts{.id = "a", .master = "urn:oid:2.999.77"};
    parts.attachment = R"("contentType":"text/xml","url":"Binary/a","size":1,"hash":")" +
                       base64(text_of(sha1("other"))) + '"';
    first.pages = {{make_document(parts)}};
    first.bodies["Binary/a"] = cda;
    first.retrieved_type = "text/xml";
    start();
    subscribe("s1");
    advance(1min);
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == cda);
    CHECK(first.unencoded == std::vector<bool>{false, true});
    auto const read = run(storage->read_document("", document_id("", "first", "a")));
    CHECK(read.value().resource.resource.find("hash-mismatch") != std::string::npos);
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "bytes that are not as many as the metadata say are asked for once more, then served and flagged",
    "[retrieval][B.3]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "fourteen bytes", false);
    first.bodies["Binary/a"] = "hello";
    start();
    subscribe("s1");
    advance(1min);
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "hello");
    CHECK(first.unencoded == std::vector<bool>{false, true});
    auto const read = run(storage->read_document("", document_id("", "first", "a")));
    CHECK(read.value().resource.resource.find("hash-mismatch") != std::string::npos);
    CHECK(metrics.text().find("tributary_documents_wrong_size_total 1") != std::string::npos);
}

TEST_CASE_METHOD(
    RetrievalFixture, "bytes that are kept no longer are taken from where they came from", "[retrieval]"
) {
    auto& first = add_partner("first");
    SECTION("by retrieval") { serve_everywhere({&first}, "hello"); }
    SECTION("inside their entry, read again") {
        first.pages = {
            {make_document({.id = "a", .attachment = R"("contentType":"text/plain","data":"aGVsbG8=")"})}
        };
        first.by_id.emplace("a", first.pages[0][0]);
    }
    SECTION("inside their entry, searched for again") {
        first.pages = {
            {make_document({.id = "a", .attachment = R"("contentType":"text/plain","data":"aGVsbG8=")"})}
        };
    }
    start();
    subscribe("s1");
    advance(1min);
    REQUIRE(fetch(at_first).has_value());
    auto const asked = first.retrieved.size() + first.read.size();
    auto const before = run(storage->read_document("", document_id("", "first", "a")));
    auto const version = before.value().resource.version;
    REQUIRE(run(storage->trim_bodies(0)).has_value());
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "hello");
    CHECK(first.retrieved.size() + first.read.size() == asked + 1);
    auto const read = run(storage->read_document("", document_id("", "first", "a")));
    CHECK(read.value().resource.version == version);  // that is no news
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "a partner that lets no entry be read by its id is searched once for all of them",
    "[retrieval][B.3]"
) {
    auto& first = add_partner("first");
    for (int page = 0; page < 4; ++page) {
        std::vector<std::string> ids;
        for (int i = 0; i < 5; ++i) ids.push_back(std::to_string(page) + "-" + std::to_string(i));
        first.pages.push_back(documents(ids));
    }
    first.retrieve_failures.assign(100, Failure(Errc::http_status).with_status(404));
    start();
    subscribe("s1");
    advance(50s);
    CHECK(first.retrieved.size() == 20);
    CHECK(first.document_calls == 8);
    CHECK(first.read.size() <= 4);  // as many as are asked at once
}

}  // namespace tributary::pipeline
