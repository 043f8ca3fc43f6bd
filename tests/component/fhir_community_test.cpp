#include "tests/component/community_fixture.hpp"

namespace tributary::partner {

TEST_CASE_METHOD(
    CommunityFixture,
    "PD sends every demographic and our headers, and no cached answer is wanted",
    "[partner][ITI-78]"
) {
    make();
    fake.reply(FakeServer::ok(bundle(patient("bob"))));
    auto const found = patients();
    REQUIRE(found.has_value());
    REQUIRE(found->patients.size() == 1);
    CHECK(found->patients[0].id == "bob");
    CHECK(first_line(0).starts_with("GET /fhir/Patient?"));
    for (auto const* part :
         {"given=bob",
          "family=smith",
          "birthdate=1970-01-02",
          "Authorization: Bearer secret",
          "Cache-Control: no-cache",
          "Accept: application/fhir+json"}) {
        INFO(part);
        CHECK(asked_with(0, part));
    }
    CHECK_FALSE(asked_with(0, "active"));
}

TEST_CASE_METHOD(
    CommunityFixture, "PD reads every page of candidates within its bound", "[partner][ITI-78]"
) {
    make();
    fake.reply(FakeServer::ok(bundle(patient("a"), "?p=2"))).reply(FakeServer::ok(bundle(patient("b"))));
    auto const found = patients();
    REQUIRE(found.has_value());
    CHECK(found->patients.size() == 2);
    CHECK(first_line(1) == "GET /fhir/Patient?p=2 HTTP/1.1");
}

TEST_CASE_METHOD(CommunityFixture, "a replaced Patient gives way to the survivor", "[partner][A.4]") {
    make();
    auto const replaced = patient(
        "old", R"(,"active":false,"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}])"
    );
    SECTION("that is fetched when it did not come along") {
        fake.reply(FakeServer::ok(bundle(replaced)))
            .reply(FakeServer::ok(R"({"resourceType":"Patient","id":"new"})"));
        auto const found = patients();
        REQUIRE(found.has_value());
        REQUIRE(found->patients.size() == 1);
        CHECK(found->patients[0].id == "new");
        CHECK(first_line(1) == "GET /fhir/Patient/new HTTP/1.1");
    }
    SECTION("that came along") {
        fake.reply(FakeServer::ok(bundle(replaced + "," + patient("new"))));
        auto const found = patients();
        REQUIRE(found.has_value());
        CHECK(found->patients.size() == 1);
        CHECK(fake.requests().size() == 1);
    }
    SECTION("unless the chain turns in a circle") {
        fake.reply(FakeServer::ok(bundle(replaced)))
            .reply(FakeServer::ok(
                R"({"resourceType":"Patient","id":"new","active":false,"link":[{"type":"replaced-by","other":{"reference":"Patient/old"}}]})"
            ));
        auto const found = patients();
        REQUIRE(found.has_value());
        CHECK(found->patients.empty());
        CHECK(fake.requests().size() == 2);
    }
}

TEST_CASE_METHOD(
    CommunityFixture,
    "a 404 about a domain means nobody, any other that the endpoint is gone",
    "[partner][ITI-78]"
) {
    make();
    SECTION("domain") {
        fake.reply(status(
            404,
            "",
            R"({"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"not-found","diagnostics":"targetSystem not found"}]})"
        ));
        auto const found = patients();
        REQUIRE(found.has_value());
        CHECK(found->patients.empty());
    }
    SECTION("endpoint") {
        fake.reply(status(404, "", "<html>no such page</html>"));
        auto const found = patients();
        REQUIRE(found.has_error());
        CHECK(found.error().http_status() == 404);
    }
}

TEST_CASE_METHOD(
    CommunityFixture,
    "a server that refuses a form of search is asked in another, and the form remembered",
    "[partner]"
) {
    make();
    SECTION("GET") {
        fake.reply(status(405))
            .reply(FakeServer::ok(bundle(patient("bob"))))
            .reply(FakeServer::ok(bundle("")));
        CHECK(patients().has_value());
        CHECK(first_line(1) == "POST /fhir/Patient/_search HTTP/1.1");
        CHECK(asked_with(1, "family=smith"));
    }
    SECTION("strict handling") {
        fake.reply_and_close(status(400)).reply(FakeServer::ok(bundle(patient("bob"))));
        CHECK(patients().has_value());
        CHECK(asked_with(0, "handling=strict"));
        CHECK(asked_with(1, "handling=lenient"));
    }
    SECTION("more than the guaranteed pair of parameters") {
        fake.reply(status(422)).reply(FakeServer::ok(bundle(patient("bob"))));
        CHECK(patients().has_value());
        CHECK_FALSE(asked_with(1, "given"));
        CHECK(asked_with(1, "family=smith"));
        CHECK(asked_with(1, "birthdate=1970-01-02"));
    }
}

TEST_CASE_METHOD(
    CommunityFixture,
    "every request of a call keeps the partner's rate: pages, second tries, redirects",
    "[partner][rate]"
) {
    make([](auto& settings) { settings.requests_per_second = 20; });
    auto const began = clock.now();
    fake.reply(status(405))
        .reply(status(307, "Location: /fhir/Patient?x\r\n"))
        .reply(FakeServer::ok(bundle(patient("a"), "?p=2")))
        .reply(FakeServer::ok(bundle(patient("b"))));
    CHECK(patients()->patients.size() == 2);
    CHECK(fake.requests().size() == 4);
    CHECK(clock.now() - began >= 150ms);
}

TEST_CASE_METHOD(
    CommunityFixture, "QD asks for the patient and both statuses, and nothing else", "[partner][ITI-67]"
) {
    make();
    fake.reply(FakeServer::ok(bundle(document("a") + "," + document("b"))));
    auto const found = documents();
    REQUIRE(found.has_value());
    CHECK(found->entries.size() == 2);
    CHECK_FALSE(found->partial);
    CHECK_FALSE(found->next);
    CHECK(
        first_line(0).starts_with("GET /fhir/DocumentReference?patient=bob&status=current,superseded&_count=")
    );
}

TEST_CASE_METHOD(
    CommunityFixture, "a partner that refuses the list of statuses is asked for less", "[partner][ITI-67]"
) {
    make();
    auto const refusal = GENERATE_COPY(
        status(422),
        status(501),
        FakeServer::ok(
            R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"}]})"
        )
    );
    fake.reply(refusal).reply(refusal).reply(FakeServer::ok(bundle(document("a"))));
    auto const found = documents();
    REQUIRE(found.has_value());
    CHECK(found->entries.size() == 1);
    CHECK(asked_with(1, "&status=current&"));
    CHECK_FALSE(asked_with(2, "status"));
}

TEST_CASE_METHOD(CommunityFixture, "a document of another subject is dropped and counted", "[partner][F3]") {
    make();
    fake.reply(FakeServer::ok(bundle(document("a") + "," + document("b", "Patient/eve"))));
    auto const found = documents();
    REQUIRE(found.has_value());
    CHECK(found->entries.size() == 1);
    CHECK(found->dropped == 1);
}

TEST_CASE_METHOD(
    CommunityFixture,
    "a document without subject is ours only on a page that was filtered for our Patient",
    "[partner][F3]"
) {
    make();
    auto const page = [&](std::string const& query, std::string const& id, std::string const& next = {}) {
        auto const self =
            query.empty() ? fake.url("/fhir?_getpages=1") : fake.url("/fhir/DocumentReference?" + query);
        fake.reply(FakeServer::ok(bundle_at(self, document_without_subject(id), next)));
    };
    page("patient=bob", "of-bob", "?p=2");
    SECTION("further pages that say nothing of it go with the first") {
        page("", "of-bob-too");
        auto const pages = all_pages();
        REQUIRE(pages.size() == 2);
        CHECK(pages[1].entries.size() == 1);
    }
    SECTION("one that names another Patient does not, nor do those behind it") {
        page("patient=eve", "of-eve", "?p=3");
        page("", "of-eve-too");
        auto const pages = all_pages();
        REQUIRE(pages.size() == 3);
        CHECK(pages[0].entries.size() == 1);
        CHECK(pages[1].dropped == 1);
        CHECK(pages[2].dropped == 1);
    }
}

TEST_CASE_METHOD(
    CommunityFixture,
    "pages are followed as their links say, until the guards of paging stop it",
    "[partner][F1]"
) {
    make([](auto& settings) { settings.pages_per_query = 5; });
    SECTION("to their end") {
        fake.reply(FakeServer::ok(bundle(document("a"), fake.url("/fhir?_getpages=1&_getpagesoffset=2%20"))))
            .reply(FakeServer::ok(bundle(document("b"))));
        auto const pages = all_pages();
        REQUIRE(pages.size() == 2);
        CHECK_FALSE(pages.back().partial);
        CHECK(first_line(1) == "GET /fhir?_getpages=1&_getpagesoffset=2%20 HTTP/1.1");
        CHECK(asked_with(1, "Authorization"));
    }
    SECTION("when a page points at itself") {
        fake.reply(FakeServer::ok(bundle(document("a"), "?p=2")))
            .reply(FakeServer::ok(bundle(document("b"), "?p=2")));
        auto const pages = all_pages();
        CHECK(pages.size() == 2);
        CHECK(pages.back().partial);
    }
    SECTION("when the same entries come under ever new links") {
        fake.reply(FakeServer::ok(bundle(document("a"), "?p=2")))
            .reply(FakeServer::ok(bundle(document("a"), "?p=3")));
        auto const pages = all_pages();
        CHECK(pages.size() == 2);
        CHECK(pages.back().partial);
    }
    SECTION("when there are too many") {
        for (int i = 1; i < 9; ++i)
            fake.reply(FakeServer::ok(bundle(document(std::to_string(i)), "?p=" + std::to_string(i + 1))));
        auto const pages = all_pages();
        CHECK(pages.size() == 5);
        CHECK(pages.back().partial);
    }
    SECTION("when a link leads elsewhere") {
        fake.reply(FakeServer::ok(bundle(document("a"), "http://169.254.169.254/fhir?p=2")));
        auto const pages = all_pages();
        REQUIRE(pages.size() == 1);
        CHECK(pages[0].partial);
        CHECK(pages[0].entries.size() == 1);
    }
}

TEST_CASE_METHOD(CommunityFixture, "an allowed origin is asked without our headers", "[partner][F1]") {
    FakeServer other(ctx);
    auto const origin = other.url("");
    make([&](auto& settings) { settings.allowed_origins = {origin}; });
    fake.reply(FakeServer::ok(bundle(document("a"), origin + "/page2")));
    other.reply(FakeServer::ok(bundle(document("b"))));
    auto const pages = all_pages(&other);
    CHECK(pages.size() == 2);
    REQUIRE(other.requests().size() == 1);
    CHECK(other.requests()[0].find("secret") == std::string::npos);
}

TEST_CASE_METHOD(
    CommunityFixture, "failures are told with their status and what the partner asked to wait", "[partner]"
) {
    make();
    SECTION("throttled, the longer of two hints") {
        fake.reply(status(429, "Retry-After: 2\r\nx-ms-retry-after-ms: 5250\r\n"));
        auto const found = documents();
        REQUIRE(found.has_error());
        CHECK(found.error().http_status() == 429);
        CHECK(found.error().retry_after() == 6s);
    }
    SECTION("forbidden") {
        fake.reply(status(401));
        CHECK(documents().error().errc() == Errc::forbidden);
    }
    SECTION("an OperationOutcome that is fatal, with 200") {
        fake.reply(FakeServer::ok(
            R"({"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"exception"}]})"
        ));
        CHECK(documents().error().errc() == Errc::invalid);
    }
    SECTION("a login page, with 200") {
        fake.reply(FakeServer::ok("<!DOCTYPE html><html>log in</html>"));
        CHECK(documents().error().errc() == Errc::invalid);
    }
    SECTION("an answer cut short") {
        fake.reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"resourceType\":");
        CHECK(documents().error().errc() == Errc::protocol);
    }
}

TEST_CASE_METHOD(CommunityFixture, "a large page is read on the worker, all the same", "[partner]") {
    make();
    std::string entries = document("0");
    for (int i = 1; i < 900; ++i) entries += "," + document(std::to_string(i));
    fake.reply(FakeServer::ok(bundle(entries)));
    auto const found = documents();
    REQUIRE(found.has_value());
    CHECK(found->entries.size() == 900);
}

TEST_CASE_METHOD(
    CommunityFixture, "RD asks for the attachment where it is, as its type", "[partner][ITI-68]"
) {
    make();
    SECTION("relative to the service base") {
        fake.reply(FakeServer::ok("hello", "Content-Type: text/plain\r\n"));
        auto const document = retrieve("Binary/a?x=1%20&y");
        REQUIRE(document.has_value());
        CHECK(document->bytes == "hello");
        CHECK(document->content_type == "text/plain");
        CHECK(first_line(0) == "GET /fhir/Binary/a?x=1%20&y HTTP/1.1");
        CHECK(asked_with(0, "Accept: text/plain, */*;q=0.1"));
    }
    SECTION("in any type after a 406") {
        fake.reply(status(406)).reply(FakeServer::ok("hello"));
        CHECK(retrieve("Binary/a").has_value());
        CHECK(asked_with(1, "Accept: */*\r\n"));
    }
    SECTION("but not elsewhere") {
        CHECK(retrieve("http://169.254.169.254/secret").error().errc() == Errc::refused_address);
        for (auto const* url : {"urn:uuid:0b0ff3c4", "cid:1", "#contained", "", "file:///etc/passwd"}) {
            INFO(url);
            CHECK(retrieve(url).has_error());
        }
        CHECK(fake.requests().empty());
    }
    SECTION("and again later when it is not ready") {
        fake.reply(status(202));
        CHECK(retrieve("Binary/a").error().http_status() == 202);
    }
    SECTION("and where it will be when it is ready") {
        fake.reply(status(202, "Content-Location: " + fake.url("/fhir/Binary/b") + "\r\n"))
            .reply(FakeServer::ok("hello"));
        auto const document = retrieve("Binary/a");
        REQUIRE(document.has_value());
        CHECK(document->bytes == "hello");
        CHECK(first_line(1) == "GET /fhir/Binary/b HTTP/1.1");
        CHECK(asked_with(1, "Accept: text/plain, */*;q=0.1"));
    }
}

TEST_CASE_METHOD(CommunityFixture, "a probe names the partner's software", "[partner]") {
    make();
    fake.reply(FakeServer::ok(
        R"({"resourceType":"CapabilityStatement","software":{"name":"HAPI FHIR Server","version":"8.8.0"}})"
    ));
    auto const said = probe();
    REQUIRE(said.has_value());
    CHECK(said->software == "HAPI FHIR Server 8.8.0");
}

TEST_CASE_METHOD(CommunityFixture, "one DocumentReference is read by its id", "[partner][ITI-67]") {
    make();
    auto const resource = [](std::string const& id, std::string const& subject) {
        return FakeServer::ok(
            R"({"resourceType":"DocumentReference","id":")" + id +
            R"(","status":"entered-in-error","subject":{"reference":")" + subject +
            R"("},"content":[{"attachment":{"url":"Binary/1"}}]})"
        );
    };
    SECTION("whatever its status") {
        fake.reply(resource("a b", "Patient/bob"));
        auto const found = read_document("a b");
        REQUIRE(found.has_value());
        CHECK(found->status == "entered-in-error");
        CHECK(first_line(0) == "GET /fhir/DocumentReference/a%20b HTTP/1.1");
    }
    SECTION("unless it is another one") { fake.reply(resource("c", "Patient/bob")); }
    SECTION("unless it is about somebody else") { fake.reply(resource("a b", "Patient/alice")); }
    if (!fake.requests().empty()) return;
    auto const found = read_document("a b");
    REQUIRE(found.has_error());
    CHECK(found.error().errc() == Errc::not_found);
}

TEST_CASE_METHOD(CommunityFixture, "a DocumentReference that is gone is told as that", "[partner][ITI-67]") {
    make();
    fake.reply(status(410));
    auto const found = read_document("a");
    REQUIRE(found.has_error());
    CHECK(found.error().http_status() == 410);
}

}  // namespace tributary::partner
