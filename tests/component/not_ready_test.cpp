#include "tests/component/community_fixture.hpp"

namespace tributary::partner {

namespace {

std::string accepted(std::string const& where, std::string const& fields = {}) {
    return status(202, "Content-Location: " + where + "\r\n" + fields);
}
std::string batch_response(std::string const& entry) {
    return R"({"resourceType":"Bundle","type":"batch-response","entry":[)" + entry + "]}";
}

}  // namespace

TEST_CASE_METHOD(
    CommunityFixture, "a 202 is never an answer to PD or QD: it says that there is none yet", "[partner][B.3]"
) {
    make();
    auto const empty = bundle("");
    SECTION("whatever its body") {
        fake.reply(status(202, "", empty));
        SECTION("PD") { CHECK(patients().error().http_status() == 202); }
        SECTION("QD") { CHECK(documents().error().http_status() == 202); }
        SECTION("one DocumentReference") { CHECK(read_document("a").error().http_status() == 202); }
        SECTION("capabilities") { CHECK(probe().error().http_status() == 202); }
    }
    SECTION("and how long it asks to wait is told") {
        fake.reply(status(202, "Retry-After: 120\r\n"));
        CHECK(patients().error().retry_after() == 120s);
    }
    SECTION("on a later page neither") {
        fake.reply(FakeServer::ok(bundle(patient("a"), "?p=2"))).reply(status(202, "", empty));
        CHECK(patients().error().http_status() == 202);
    }
}

TEST_CASE_METHOD(
    CommunityFixture, "an answer that is not ready is polled for where the partner puts it", "[partner][G]"
) {
    make();
    SECTION("until it is there") {
        fake.reply(accepted(fake.url("/fhir/job/1")))
            .reply(status(202))
            .reply(status(429))
            .reply(FakeServer::ok(bundle(document("d"))));
        auto const found = documents();
        REQUIRE(found.has_value());
        CHECK(found->entries.size() == 1);
        REQUIRE(fake.requests().size() == 4);
        for (std::size_t poll = 1; poll < 4; ++poll) {
            CHECK(first_line(poll) == "GET /fhir/job/1 HTTP/1.1");
            CHECK(asked_with(poll, "Authorization: Bearer secret"));
            CHECK(asked_with(poll, "Accept: application/fhir+json"));
        }
    }
    SECTION("and a job that has failed is no answer") {
        auto const* const entry = GENERATE(
            R"({"response":{"status":"503 Service Unavailable"}})",
            R"({"response":{"status":"503","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"processing"}]}}})"
        );
        fake.reply(accepted(fake.url("/fhir/job/1"))).reply(FakeServer::ok(batch_response(entry)));
        CHECK(documents().error().http_status() == 503);
    }
    SECTION("with a Bundle around it") {
        fake.reply(accepted(fake.url("/fhir/job/1")))
            .reply(FakeServer::ok(
                batch_response(R"({"response":{"status":"200"},"resource":)" + bundle(patient("bob")) + "}")
            ));
        auto const found = patients();
        REQUIRE(found.has_value());
        CHECK(found->patients.size() == 1);
    }
    SECTION("and a failure in that Bundle is one") {
        fake.reply(accepted(fake.url("/fhir/job/1")))
            .reply(FakeServer::ok(batch_response(
                R"({"response":{"status":"500","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}}})"
            )));
        CHECK(patients().has_error());
    }
}

TEST_CASE_METHOD(
    CommunityFixture, "what cannot be polled for stays not ready, and is asked for anew later", "[partner][G]"
) {
    make();
    std::size_t requests = 1;
    SECTION("elsewhere") { fake.reply(accepted("http://169.254.169.254/job")); }
    SECTION("without an address") { fake.reply(accepted("http://")); }
    SECTION("later than the call may take") {
        fake.reply(accepted(fake.url("/fhir/job/1"), "Retry-After: 11\r\n"));
    }
    SECTION("forgotten by the partner") {
        fake.reply(accepted(fake.url("/fhir/job/1"))).reply(status(404));
        requests = 2;
    }
    auto const found = documents();
    REQUIRE(found.has_error());
    CHECK(found.error().http_status() == 202);
    CHECK(fake.requests().size() == requests);
}

}  // namespace tributary::partner
