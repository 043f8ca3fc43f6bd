#include <array>
#include <ctime>

#include "tests/component/community_fixture.hpp"

namespace tributary::partner {

struct MatchFixture : CommunityFixture {
    static std::string capabilities(bool match) {
        auto const operation =
            match ? R"(,"operation":[{"name":"match","definition":"http://x/match"}])" : "";
        return FakeServer::ok(
            std::string(
                R"({"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","resource":[{"type":"Patient")"
            ) +
            operation + "}]}]}"
        );
    }
    /// A partner whose CapabilityStatement was read, then asked for `query` this many times.
    std::vector<Result<Candidates>> ask(int times, fhir::search::PatientQuery const& query = bob()) {
        std::vector<Result<Candidates>> answers;
        auto test = [&]() -> awaitable<void> {
            auto const said = co_await community->probe(in(10s));
            probed = said.has_value();
            for (int i = 0; i < times; ++i) {
                auto found = co_await community->patients(in(10s), query);
                answers.push_back(std::move(found));
            }
        };
        run(test());
        return answers;
    }
    bool probed = false;
};

TEST_CASE_METHOD(
    MatchFixture,
    "auto asks by $match where it is offered, once, and takes nobody for an answer",
    "[partner][ITI-119]"
) {
    make();
    fake.reply(capabilities(true)).reply(FakeServer::ok(bundle("")));
    auto const answers = ask(1);
    REQUIRE(answers[0].has_value());
    CHECK(answers[0]->patients.empty());
    REQUIRE(fake.requests().size() == 2);
    CHECK(first_line(1) == "POST /fhir/Patient/$match HTTP/1.1");
    CHECK(asked_with(1, "Content-Type: application/fhir+json"));
    CHECK(asked_with(1, "Authorization: Bearer secret"));
    CHECK(asked_with(1, R"({"name":"onlyCertainMatches","valueBoolean":true})"));
}

TEST_CASE_METHOD(MatchFixture, "auto searches where $match is not offered, or cannot ask that", "[partner]") {
    make();
    SECTION("not offered") {
        fake.reply(capabilities(false)).reply(FakeServer::ok(bundle(patient("bob"))));
        CHECK(ask(1)[0].has_value());
    }
    SECTION("a question with alternatives") {
        fake.reply(capabilities(true)).reply(FakeServer::ok(bundle(patient("bob"))));
        fhir::search::PatientQuery query{{{"family", "", {"smith", "smyth"}}}, {}};
        CHECK(ask(1, query)[0].has_value());
    }
    SECTION("not read: its CapabilityStatement is garbled") {
        fake.reply(FakeServer::ok("<html/>")).reply(FakeServer::ok(bundle(patient("bob"))));
        CHECK(ask(1)[0].has_value());
        CHECK_FALSE(probed);
    }
    REQUIRE(fake.requests().size() == 2);
    CHECK(first_line(1).starts_with("GET /fhir/Patient?"));
}

TEST_CASE_METHOD(
    MatchFixture,
    "a $match that is refused though it was offered gives way to searches, until it is offered anew",
    "[partner]"
) {
    make();
    for (unsigned const refusal : {400U, 404U, 405U, 422U, 501U}) {
        DYNAMIC_SECTION("HTTP " << refusal) {
            fake.reply(capabilities(true))
                .reply(status(refusal))
                .reply(FakeServer::ok(bundle(patient("bob"))));
            auto const answers = ask(2);
            REQUIRE(answers[0].has_value());
            CHECK(answers[0]->patients.size() == 1);
            CHECK(answers[1].has_value());
            REQUIRE(fake.requests().size() == 4);
            CHECK(first_line(1).starts_with("POST /fhir/Patient/$match"));
            CHECK(first_line(2).starts_with("GET /fhir/Patient?"));
            CHECK(first_line(3).starts_with("GET /fhir/Patient?"));
        }
    }
}

TEST_CASE_METHOD(MatchFixture, "a $match that fails is not followed by a search", "[partner]") {
    make();
    fake.reply(capabilities(true)).reply(status(503));
    CHECK(ask(1)[0].error().http_status() == 503);
    CHECK(fake.requests().size() == 2);
}

TEST_CASE_METHOD(CommunityFixture, "discovery can be forced one way or the other", "[partner]") {
    SECTION("$match, also where it is refused") {
        make([](auto& settings) { settings.discovery = DiscoveryMethod::match; });
        fake.reply(status(404));
        CHECK(patients().error().http_status() == 404);
        CHECK(fake.requests().size() == 1);
        CHECK(first_line(0).starts_with("POST /fhir/Patient/$match"));
    }
    SECTION("$match in a Parameters around the Bundle, graded") {
        make([](auto& settings) { settings.discovery = DiscoveryMethod::match; });
        auto const graded = [](std::string const& id, std::string const& grade) {
            auto entry = patient(id);
            entry.pop_back();
            return entry +
                   R"(,"search":{"mode":"match","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/match-grade","valueCode":")" +
                   grade + R"("}]}})";
        };
        auto const people = graded("a", "certain") + "," + graded("b", "probable") + "," +
                            graded("c", "possible") + "," + graded("d", "certainly-not") + "," +
                            graded("f", "Possible") + "," + patient("e");
        fake.reply(FakeServer::ok(
            R"({"resourceType":"Parameters","parameter":[{"name":"return","resource":)" + bundle(people) +
            "}]}"
        ));
        auto const found = patients();
        REQUIRE(found.has_value());
        std::string ids;
        for (auto const& one : found->patients) ids += one.id;
        CHECK(ids == "abe");
    }
    SECTION("search") {
        make([](auto& settings) { settings.discovery = DiscoveryMethod::search; });
        fake.reply(FakeServer::ok(bundle("")));
        CHECK(patients().has_value());
        CHECK(fake.requests().size() == 1);
    }
}

TEST_CASE_METHOD(
    CommunityFixture,
    "the guaranteed pair is asked for where the partner found somebody without it",
    "[partner][A.4]"
) {
    make();
    auto const applied = [](std::string const& query, std::string const& entries) {
        return FakeServer::ok(
            R"({"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"http://x/fhir/Patient?)" +
            query + R"("}],"entry":[)" + entries + "]}"
        );
    };
    SECTION("birthdate was not applied") {
        fake.reply(applied("family=smith&given=bob", patient("a") + "," + patient("b")))
            .reply(applied("family=smith&birthdate=1970-01-02", patient("a")));
        CHECK(patients()->patients.size() == 1);
        CHECK_FALSE(asked_with(1, "given"));
    }
    SECTION("but not where it was applied, and only another was not") {
        fake.reply(applied("family=smith&birthdate=1970-01-02", patient("a") + "," + patient("b")));
        CHECK(patients()->patients.size() == 2);
        CHECK(fake.requests().size() == 1);
    }
    SECTION("nor where it found nobody") {
        fake.reply(applied("given=bob", ""));
        CHECK(patients()->patients.empty());
        CHECK(fake.requests().size() == 1);
    }
    SECTION("and where the whole was refused") {
        fake.reply(status(403)).reply(applied("family=smith&birthdate=1970-01-02", patient("a")));
        CHECK(patients()->patients.size() == 1);
    }
}

TEST_CASE_METHOD(CommunityFixture, "candidates are bounded", "[partner]") {
    make([](auto& settings) {
        settings.page_size = 2;
        settings.patients_per_query = 3;
    });
    fake.reply(FakeServer::ok(bundle(patient("a") + "," + patient("b"), "?p=2")))
        .reply(FakeServer::ok(bundle(patient("c") + "," + patient("d"), "?p=3")));
    auto const found = patients();
    REQUIRE(found.has_value());
    CHECK(asked_with(0, "_count=2"));
    CHECK(found->patients.size() == 3);
    CHECK(found->partial);
    CHECK(fake.requests().size() == 2);
}

TEST_CASE_METHOD(CommunityFixture, "Retry-After is understood in seconds and as a date", "[partner]") {
    make();
    auto const wait = [&](std::string const& field) {
        fake.reply(status(503, field));
        return documents().error().retry_after();
    };
    SECTION("seconds") { CHECK(wait("Retry-After: 7\r\n") == 7s); }
    SECTION("a date") {
        auto const at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + 90s);
        std::array<char, 64> date{};
        std::tm parts{};
        REQUIRE(
            std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&at, &parts)) > 0
        );
        auto const asked = wait("Retry-After: " + std::string(date.data()) + "\r\n");
        CHECK(asked >= 80s);
        CHECK(asked <= 90s);
    }
    SECTION("a date that has passed") { CHECK(wait("Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n") == 0s); }
}

}  // namespace tributary::partner
