#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

namespace {

using Texts = std::vector<std::string>;

/// A partner that listed a and b, and lists only a when it is asked again.
struct WithdrawalFixture : PipelineFixture {
    FakeCommunity& partner = add_partner("p", [](auto& settings) { settings.attempts = 1; });
    WithdrawalFixture() {
        discovery.refresh = 1h;
        partner.pages = {documents({"a", "b"})};
        start();
        subscribe("s1");
        advance(1min);
        partner.pages = {documents({"a"})};
    }
    static fhir::DocumentReference retracted(std::string const& id) {
        auto document = make_document({.id = id});
        document.status = "entered-in-error";
        document.resource.set("status", "entered-in-error");
        return document;
    }
    std::size_t found() {
        cache::DocumentSearchRequest request;
        request.search.patient = bob();
        return run(storage->search_documents(std::move(request))).value().total;
    }
};

}  // namespace

TEST_CASE_METHOD(WithdrawalFixture, "the first answer is not looked behind", "[pipeline][D.3]") {
    CHECK(found() == 2);
    CHECK(partner.read.empty());
}

TEST_CASE_METHOD(
    WithdrawalFixture,
    "an entry that is not listed any more is withdrawn when it says so itself",
    "[pipeline][D.3]"
) {
    SECTION("retracted") { partner.by_id.emplace("b", retracted("b")); }
    SECTION("deleted") { partner.unlisted_status = 410; }
    advance(1h);
    CHECK(partner.read == Texts{"b"});
    CHECK(found() == 1);
    CHECK(events("s1") == 2);
    CHECK(progress().failed == 0);
}

TEST_CASE_METHOD(
    WithdrawalFixture,
    "a withdrawn entry is not read again, and stands again once it is listed",
    "[pipeline][D.3]"
) {
    partner.by_id.emplace("b", retracted("b"));
    advance(2h);
    CHECK(partner.read == Texts{"b"});
    CHECK(found() == 1);
    partner.pages = {documents({"a", "b"})};
    advance(1h);
    CHECK(found() == 2);
}

TEST_CASE_METHOD(WithdrawalFixture, "an entry that is hidden, or cannot be read, stays", "[pipeline][D.3]") {
    SECTION("still current") { partner.by_id.emplace("b", make_document({.id = "b"})); }
    SECTION("not found") { partner.unlisted_status = 404; }
    SECTION("forbidden") { partner.unlisted_status = 403; }
    SECTION("a server in trouble") { partner.unlisted_status = 500; }
    advance(1h);
    CHECK(partner.read == Texts{"b"});
    CHECK(found() == 2);
    CHECK(progress().failed == 0);
    CHECK(progress().answered == 1);
    CHECK(progress().state == cache::DiscoveryState::complete);
}

TEST_CASE_METHOD(
    WithdrawalFixture,
    "an answer that is not whole says nothing about what is missing in it",
    "[pipeline][D.3]"
) {
    partner.unlisted_status = 410;
    SECTION("cut short") { partner.partial = true; }
    SECTION("a page that fails for good") {
        partner.pages = {documents({"a"}), documents({"c"})};
        partner.document_failures["1"].assign(10, Failure(Errc::forbidden).with_status(403));
    }
    SECTION("the patient is not found") { partner.people.clear(); }
    SECTION("no answer") { partner.patient_failures.assign(10, Failure(Errc::forbidden).with_status(403)); }
    advance(70min);
    CHECK(partner.read.empty());
    CHECK(found() == 2);
}

TEST_CASE_METHOD(WithdrawalFixture, "a refresh reads a bounded number of entries", "[pipeline][D.3]") {
    Texts many;
    for (int i = 0; i < 50; ++i) many.push_back("m" + std::to_string(i));
    partner.pages = {documents(many)};
    advance(1h);
    partner.read.clear();
    partner.pages = {documents({"a"})};
    advance(1h);
    CHECK(partner.read.size() == 20);
    advance(1h);
    CHECK(partner.read.size() == 40);
}

TEST_CASE_METHOD(
    PipelineFixture,
    "an Exchange whose second looks are all refused is over once, and others of its Discovery go on",
    "[pipeline][D.3]"
) {
    auto& partner = add_partner("p", [](auto& settings) { settings.attempts = 1; });
    auto& slow = add_partner("q");
    discovery.refresh = 1h;
    partner.pages = {documents({"a", "b", "c", "d"})};
    start();
    subscribe("s1");
    advance(1h - 1s);
    partner.pages = {documents({"a"})};
    slow.delay = 10s;
    auto const advance_until = [this](int const& count, int wanted) {
        for (int step = 0; count < wanted && step < 2'000; ++step) advance(1ms);
        REQUIRE(count == wanted);
    };
    advance_until(partner.patient_calls, 2);
    advance(3ms);
    subscribe("s2", "https://app.example", "1980-01-01");
    advance_until(partner.document_calls, 2);
    partner.patient_failures = {Failure(Errc::throttled).with_status(429, 300s)};  // of the second question
    advance(1s);
    CHECK(partner.patient_failures.empty());
    CHECK(partner.read.empty());
    CHECK(discoveries->running() == 2);
    advance(1min);
    CHECK(progress().answered == 2);
    CHECK(progress().state == cache::DiscoveryState::complete);
    CHECK(discoveries->running() == 0);
}

}  // namespace tributary::pipeline
