#include "tests/unit/orchestrator/pipeline/retrieval_fixture.hpp"

namespace tributary::pipeline {

TEST_CASE_METHOD(
    RetrievalFixture, "documents are retrieved eagerly, after they were told", "[retrieval][ITI-68]"
) {
    auto& first = add_partner("first");
    first.retrieve_delay = 1min;
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 1);
    CHECK(progress().state == cache::DiscoveryState::complete);
    advance(1min);
    auto const content = run(storage->content("", at_first));
    REQUIRE(content.has_value());
    CHECK(content->sha256 == hex(sha256("hello")));
    auto const body = run(storage->get_body(content->sha256));
    REQUIRE(body.has_value());
    CHECK(*body == "hello");
    CHECK(events("s1") == 1);
}

TEST_CASE_METHOD(RetrievalFixture, "lazy retrieval waits for somebody who asks", "[retrieval]") {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    CHECK(first.retrieved.empty());
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "hello");
    CHECK(body->content_type == "text/plain");
    CHECK(first.retrieved.size() == 1);
    CHECK(fetch(at_first).has_value());
    CHECK(first.retrieved.size() == 1);
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "bytes that were under way when their entry changed are not kept, and the new ones are retrieved",
    "[retrieval][D.4]"
) {
    auto& first = add_partner("first");
    first.retrieve_delay = 1min;
    serve_everywhere({&first}, "old");
    first.bodies["Binary/new"] = "new";
    start();
    subscribe("s1");
    advance(1s);
    REQUIRE(first.retrieved == std::vector<std::string>{"Binary/a"});
    auto const page = std::make_shared<cache::Answer>();
    page->partner = "first";
    page->patient_id = patient_id("", "first", "bob");
    page->now = clock.utc_now();
    cache::NewEntry entry;
    entry.id = document_id("", "first", "a");
    entry.binary_ids = {at_first};
    DocumentParts parts;
    parts.id = "a";
    parts.attachment = R"("contentType":"text/plain","url":"Binary/new")";
    entry.document = make_document(parts);
    page->entries = {entry};
    REQUIRE(run(storage->admit(page)).has_value());
    advance(1min);
    CHECK(run(storage->content("", at_first)).value().sha256.empty());
    advance(2min);
    CHECK(first.retrieved == std::vector<std::string>{"Binary/a", "Binary/new"});
    CHECK(run(storage->content("", at_first)).value().sha256 == hex(sha256("new")));
}

TEST_CASE_METHOD(
    RetrievalFixture, "a document that is held in another media type is not gone", "[retrieval][D.3]"
) {
    auto& first = add_partner("first");
    auto& second = add_partner("second");
    second.delay = 50ms;
    serve_everywhere({&first}, "hello", false);
    DocumentParts pdf;
    pdf.id = "x";  // of the same masterIdentifier
    pdf.attachment = R"("contentType":"application/pdf","url":"Binary/x")";
    second.pages = {{make_document(pdf)}};
    second.bodies["Binary/x"] = "%PDF-1.4";
    second.retrieved_type = "application/pdf";
    first.retrieve_failures.assign(20, Failure(Errc::http_status).with_status(410));
    start();
    subscribe("s1");
    advance(1min);
    CHECK(second.retrieved == std::vector<std::string>{"Binary/x"});
    CHECK(fetch(binary_id("", "second", "x", 0)).has_value());
    CHECK(fetch(at_first).error().errc() == Errc::not_found);
    CHECK(fetch(at_first).error().errc() == Errc::not_found);
}

TEST_CASE_METHOD(RetrievalFixture, "an unknown document is not found", "[retrieval]") {
    start();
    auto const body = fetch("nothing");
    REQUIRE(body.has_error());
    CHECK(body.error().errc() == Errc::not_found);
}

TEST_CASE_METHOD(RetrievalFixture, "who asks joins the running call, and may give up alone", "[retrieval]") {
    auto& first = add_partner("first");
    first.retrieve_delay = 10s;
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1s);
    auto const impatient = fetch(at_first, 2s);
    REQUIRE(impatient.has_error());
    CHECK(impatient.error().errc() == Errc::timeout);
    CHECK(fetch(at_first).has_value());
    CHECK(first.retrieved.size() == 1);
}

TEST_CASE_METHOD(
    RetrievalFixture, "a document somebody waits for goes before those retrieved eagerly", "[retrieval]"
) {
    auto& first = add_partner("first", [](auto& settings) { settings.max_concurrent = 1; });
    first.retrieve_delay = 10s;
    first.pages = {documents({"a", "b", "c", "d", "e"})};
    start();
    subscribe("s1");
    advance(1s);
    REQUIRE(first.retrieved.size() == 1);
    std::string const wanted = first.retrieved[0] == "Binary/e" ? "d" : "e";
    auto const body = fetch(binary_id("", "first", wanted, 0), 25s);
    CHECK(body.has_value());
    REQUIRE(first.retrieved.size() >= 2);
    INFO(first.retrieved[0] << " " << first.retrieved[1]);
    CHECK(first.retrieved[1] == "Binary/" + wanted);
}

TEST_CASE_METHOD(RetrievalFixture, "another holder is asked when one fails", "[retrieval]") {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    auto& second = add_partner("second");
    second.delay = 50ms;
    serve_everywhere({&first, &second}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    REQUIRE(events("s1") == 1);
    SECTION("for a moment") { first.retrieve_failures = {Failure(Errc::timeout)}; }
    SECTION("for ever") { first.retrieve_failures = {Failure(Errc::http_status).with_status(410)}; }
    SECTION("with the wrong bytes") { first.bodies["Binary/a"] = "other bytes"; }
    SECTION("with a login page") {
        first.bodies["Binary/a"] = "<!DOCTYPE html><html><body>Please log in</body></html>";
    }
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "hello");
    CHECK(first.retrieved.size() == 1);
    CHECK(second.retrieved.size() == 1);
}

TEST_CASE_METHOD(RetrievalFixture, "the only holder is asked again", "[retrieval]") {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    SECTION("after a failure that may pass") {
        first.retrieve_failures = {Failure(Errc::http_status).with_status(503), Failure(Errc::connect)};
        CHECK(fetch(at_first).has_value());
        CHECK(first.retrieved.size() == 3);
    }
    SECTION("without content-coding after a wrong digest") {
        first.bodies["Binary/a"] = "mangled";
        first.unencoded_body = "hello";
        CHECK(fetch(at_first).has_value());
        CHECK(first.unencoded == std::vector<bool>{false, true});
    }
    SECTION("but not for ever after wrong digests: such bytes are not served") {
        first.bodies["Binary/a"] = "mangled";
        auto const body = fetch(at_first);
        REQUIRE(body.has_error());
        CHECK(body.error().errc() == Errc::conflict);
        CHECK(first.retrieved.size() == 2);
    }
    SECTION("and not when it has it no longer") {
        first.retrieve_failures = {Failure(Errc::http_status).with_status(410)};
        auto const body = fetch(at_first);
        REQUIRE(body.has_error());
        CHECK(body.error().errc() == Errc::deleted);
        CHECK(first.retrieved.size() == 1);
    }
}

TEST_CASE_METHOD(
    RetrievalFixture, "eager retrievals of a Discovery nobody wants any more are dropped", "[retrieval]"
) {
    auto& first = add_partner("first", [](auto& settings) { settings.max_concurrent = 1; });
    first.retrieve_delay = 10s;
    first.pages = {documents({"a", "b", "c"})};
    auto& hanging = add_partner("hanging");
    hanging.delay = 24h;
    start();
    subscribe("s1");
    advance(1s);
    CHECK(partners[0]->lane().figures().queued == 2);
    turn_off("s1");
    advance(1min);
    CHECK(partners[0]->lane().figures().queued == 0);
    CHECK(first.retrieved.size() == 1);
}

TEST_CASE_METHOD(
    RetrievalFixture, "the last Subscription ends the retrievals of a Discovery that is over", "[retrieval]"
) {
    auto& first = add_partner("first", [](auto& settings) { settings.max_concurrent = 2; });
    first.retrieve_delay = 1min;
    first.pages = {documents({"a", "b", "c"})};
    start();
    subscribe("s1");
    advance(30s);
    CHECK(progress().state == cache::DiscoveryState::complete);
    REQUIRE(partners[0]->lane().figures().running == 2);
    SECTION("queued and running ones, at once") {
        turn_off("s1");
        advance(100ms);
        CHECK(partners[0]->lane().figures().running == 0);
        CHECK(process.available() == 512);
        advance(5min);
        CHECK(first.retrieved.size() == 2);
    }
    SECTION("but not one that somebody waits for") {
        std::optional<Result<Retrievals::Body>> body;
        auto go = [&]() -> awaitable<void> {
            auto const deadline = Deadline::after(clock, 1h);
            body.emplace(co_await retrievals->fetch(deadline, "", binary_id("", "first", "a", 0)));
        };
        async::Root reader(ctx);
        reader.start(go());
        settle();
        turn_off("s1");
        advance(100ms);
        CHECK(partners[0]->lane().figures().running == 1);
        advance(1min);
        REQUIRE(body.has_value());
        CHECK(body->has_value());
        CHECK(first.retrieved.size() == 2);
    }
    SECTION("but not while another Subscription asks for the same patient") {
        subscribe("s2");
        turn_off("s1");
        advance(5min);
        CHECK(first.retrieved.size() == 3);
    }
    SECTION("and who asks while a call is being ended gets another one") {
        turn_off("s1");
        CHECK(fetch(binary_id("", "first", "a", 0)).has_value());
    }
}

TEST_CASE_METHOD(RetrievalFixture, "a full Lane leaves retrieval to whoever asks", "[retrieval]") {
    auto& first = add_partner("first", [](auto& settings) {
        settings.max_concurrent = 1;
        settings.lane_queue = 2;
    });
    first.retrieve_delay = 10s;
    first.pages = {documents({"a", "b", "c", "d", "e", "f"})};
    start();
    subscribe("s1");
    advance(5min);
    CHECK(first.retrieved.size() >= 2);
    CHECK(first.retrieved.size() <= 3);
    CHECK(fetch(binary_id("", "first", "f", 0)).has_value());
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "a document that has moved is found by asking for its entry again",
    "[retrieval][B.3][D.4]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    DocumentParts moved{.id = "a"};
    std::string const other_digest = base64(text_of(sha1("changed")));
    SECTION("to another place") {
        first.retrieve_failures = {Failure(Errc::http_status).with_status(404)};
        moved.attachment = R"("contentType":"text/plain","url":"Binary/b")";
        first.bodies["Binary/b"] = "changed";
    }
    SECTION("to another place, and is gone from the old one") {
        first.retrieve_failures = {Failure(Errc::http_status).with_status(410)};
        moved.attachment = R"("contentType":"text/plain","url":"Binary/b")";
        first.bodies["Binary/b"] = "changed";
    }
    SECTION("on: its bytes have changed, and their digest with them") {
        moved.attachment =
            R"("contentType":"text/plain","url":"Binary/a","size":7,"hash":")" + other_digest + '"';
        first.bodies["Binary/a"] = "changed";
    }
    first.pages = {documents({"x"}), {make_document(moved)}};
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "changed");
    CHECK(first.retrieved.size() == 2);
    CHECK(first.document_calls == 3);
}

TEST_CASE_METHOD(
    RetrievalFixture, "one entry is asked for again by its id, not with all others", "[retrieval][B.3][D.4]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    DocumentParts moved{.id = "a"};
    moved.attachment = R"("contentType":"text/plain","url":"Binary/b")";
    first.bodies["Binary/b"] = "changed";
    first.by_id.emplace("a", make_document(moved));
    first.retrieve_failures = {Failure(Errc::http_status).with_status(404)};
    auto const body = fetch(at_first);
    REQUIRE(body.has_value());
    CHECK(*body->bytes == "changed");
    CHECK(first.read == std::vector<std::string>{"a"});
    CHECK(first.document_calls == 1);
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "a partner that lets entries be read by id is not searched for one it does not find",
    "[retrieval][B.3]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    first.pages = {{make_document({.id = "a"}), make_document({.id = "b"})}};
    start();
    subscribe("s1");
    advance(1min);
    first.by_id.emplace("a", first.pages[0][0]);
    first.retrieve_failures.assign(2, Failure(Errc::http_status).with_status(404));
    CHECK(fetch(at_first).has_error());
    CHECK(fetch(binary_id("", "first", "b", 0)).has_error());
    CHECK(first.read == std::vector<std::string>{"a", "b"});
    CHECK(first.document_calls == 1);
}

TEST_CASE_METHOD(
    RetrievalFixture, "a document that is gone for good is not asked for again", "[retrieval][B.3]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    serve_everywhere({&first}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    first.retrieve_failures = {Failure(Errc::http_status).with_status(410)};
    for (int i = 0; i < 2; ++i) {
        auto const body = fetch(at_first);
        REQUIRE(body.has_error());
        CHECK(body.error().errc() == Errc::deleted);
    }
    CHECK(first.retrieved.size() == 1);
    CHECK(first.document_calls == 2);
}

TEST_CASE_METHOD(
    RetrievalFixture,
    "a holder that did not answer is asked again when the others have failed",
    "[retrieval][B.3]"
) {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    auto& second = add_partner("second");
    second.delay = 50ms;
    serve_everywhere({&first, &second}, "hello");
    start();
    subscribe("s1");
    advance(1min);
    first.retrieve_failures = {Failure(Errc::timeout)};
    second.retrieve_failures = {Failure(Errc::forbidden).with_status(403)};
    CHECK(fetch(at_first).has_value());
    CHECK(first.retrieved.size() == 2);
    CHECK(second.retrieved.size() == 1);
}

TEST_CASE_METHOD(RetrievalFixture, "a document of somebody else is not served", "[retrieval][I.4]") {
    discovery.retrieve = Retrieve::lazy;
    auto& first = add_partner("first");
    auto const cda = [](std::string const& name, std::string const& birth) {
        return R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><recordTarget><patientRole><patient><name>)" +
               name + R"(</name><birthTime value=")" + birth +
               R"("/></patient></patientRole></recordTarget></ClinicalDocument>)";
    };
    first.pages = {documents({"a"})};
    first.bodies["Binary/a"] = cda("<given>Carol</given><family>Jones</family>", "19800505");
    start();
    subscribe("s1");
    advance(1min);
    auto const body = fetch(at_first);
    REQUIRE(body.has_error());
    CHECK(body.error().errc() == Errc::conflict);
    CHECK(first.retrieved.size() == 1);
    first.bodies["Binary/a"] = cda("<given>Bob</given><family>SMITH</family>", "19700102");
    CHECK(fetch(at_first).has_value());
}

}  // namespace tributary::pipeline
