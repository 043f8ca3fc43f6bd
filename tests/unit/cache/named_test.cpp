#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

using Question = std::vector<fhir::search::Parameter>;

Question bob() { return {{"given", "", {"bob"}}, {"family", "", {"smith"}}}; }
Question bob_born_1970() {
    auto question = bob();
    question.push_back({"birthdate", "", {"1970-01-02"}});
    return question;
}
std::string const kBornThen = std::string(kBob) + "&patient.birthdate=1970-01-02";

/// p1 knows a Bob Smith by his birth date, with a document.
class OneKnown : public StoreFixture {
public:
    OneKnown() {
        match("p1", {{"1"}}, ask(bob_born_1970()));
        admit("p1", "1", {{"a"}});
    }
};

}  // namespace

TEST_CASE("whom another question has made known is told once his partner names him to this one", "[cache]") {
    OneKnown fixture;
    fixture.subscribe("wide");
    fixture.admit("p1", "1", {{"b"}});
    CHECK(fixture.told("wide") == Texts());
    CHECK(fixture.match("p1", {{"1"}}, fixture.ask(bob())) == Texts{"wide"});
    CHECK(fixture.told("wide") == Texts{"create p1-a/1", "create p1-b/1"});
    fixture.admit("p1", "1", {{"c"}});
    CHECK(fixture.told("wide").size() == 3);
    SECTION("and no second time when it is asked again") {
        CHECK(fixture.match("p1", {{"1"}}, fixture.ask(bob(), 9, true)) == Texts());
    }
}

TEST_CASE("of a partner that knows several whom the question may mean nothing is told", "[cache]") {
    OneKnown fixture;
    auto const discovery = fixture.ask(bob());
    fixture.subscribe("wide");
    fixture.subscribe("narrow", kBornThen);
    fixture.finish(discovery, "p1", 2, "multiple-matches");
    fixture.admit("p1", "1", {{"b"}});
    CHECK(fixture.told("wide") == Texts());
    CHECK(fixture.told("narrow") == Texts{"create p1-a/1", "create p1-b/1"});
    fixture.subscribe("later");
    CHECK(fixture.told("later") == Texts());
}

TEST_CASE("a narrower question than the one answered is told at once", "[cache]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1"}}, fixture.ask(bob()));
    fixture.admit("p1", "1", {{"a"}});
    fixture.subscribe("narrow", kBornThen);
    CHECK(fixture.told("narrow") == Texts{"create p1-a/1"});
    fixture.subscribe("referring", "DocumentReference?patient=Patient/p1-1");
    CHECK(fixture.told("referring") == Texts{"create p1-a/1"});
}

TEST_CASE("a partner that comes to know a second one is told of no more", "[cache]") {
    StoreFixture fixture;
    auto const first = fixture.ask(bob());
    fixture.subscribe("s1");
    fixture.match("p1", {{"1"}}, first);
    fixture.admit("p1", "1", {{"a"}});
    for (auto const* const partner : {"p1", "p2", "p3"}) fixture.finish(first, partner, 2);
    auto const again = fixture.ask(bob(), 5, true);
    fixture.admit("p1", "1", {{"b"}});
    CHECK(fixture.told("s1").size() == 2);
    fixture.finish(again, "p1", 6, "multiple-matches");
    fixture.admit("p1", "1", {{"c"}});
    CHECK(fixture.told("s1").size() == 2);
}

TEST_CASE("a partner that is clear again is told of at once", "[cache]") {
    StoreFixture fixture;
    auto const finish_all = [&](std::string const& discovery, int second, std::string const& issue = {}) {
        fixture.finish(discovery, "p1", second, issue);
        for (auto const* const partner : {"p2", "p3"}) fixture.finish(discovery, partner, second);
    };
    SECTION("when it was ambiguous before it named anybody") {
        auto const unclear = fixture.ask(bob());
        fixture.subscribe("s1");
        finish_all(unclear, 1, "multiple-matches");
        auto const clear = fixture.ask(bob(), 5, true);
        fixture.match("p1", {{"1"}}, clear);
        fixture.admit("p1", "1", {{"a"}});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
        finish_all(clear, 6);
    }
    SECTION("when it had named him before") {
        auto const first = fixture.ask(bob());
        fixture.match("p1", {{"1"}}, first);
        fixture.admit("p1", "1", {{"a"}});
        finish_all(first, 2);
        auto const unclear = fixture.ask(bob(), 5, true);
        finish_all(unclear, 6, "multiple-matches");
        fixture.subscribe("s1");
        fixture.admit("p1", "1", {{"b"}});
        CHECK(fixture.told("s1") == Texts());
        auto const clear = fixture.ask(bob(), 9, true);
        CHECK(fixture.match("p1", {{"1"}}, clear) == Texts{"s1"});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p1-b/1"});
        finish_all(clear, 10);
    }
    CHECK(fixture.match("p1", {{"1"}}, fixture.ask(bob(), 20, true)) == Texts());
}

TEST_CASE("an answer that says what the last one said tells nobody anything", "[cache]") {
    StoreFixture fixture;
    auto const first = fixture.ask(bob());
    fixture.match("p1", {{"1"}}, first);
    for (auto const* const partner : {"p1", "p2", "p3"}) fixture.finish(first, partner, 2);
    fixture.subscribe("typed", std::string(kBob) + "&type=34133-9", subscriptions::Status::active, true);
    DocumentText document{"a"};
    fixture.admit("p1", "1", {document});
    document.type = "34133-9";  // a change, and this topic tells of creations
    fixture.admit("p1", "1", {document});
    CHECK(fixture.match("p1", {{"1"}}, fixture.ask(bob(), 5, true)) == Texts());
    CHECK(fixture.told("typed") == Texts());
}

TEST_CASE("who is named in the place of another is the one whom the question means", "[cache][A.4]") {
    StoreFixture fixture;
    auto const named = [&](std::vector<PatientText> const& patients, int second) {
        auto discovery = fixture.ask(bob(), second, true);
        auto const told = fixture.match("p1", patients, discovery);
        for (auto const* const partner : {"p1", "p2", "p3"}) fixture.finish(discovery, partner, second);
        return told;
    };
    auto const found = [&] {
        DocumentSearchRequest request;
        request.search.patient.parameters = bob();
        Texts ids;
        for (auto const& resource : good(fixture.store->search_documents(request)).resources)
            ids.push_back(resource.id);
        return ids;
    };
    fixture.subscribe("s1");
    named({{"1"}}, 1);
    fixture.admit("p1", "1", {{"a"}});
    SECTION("by the same question") {
        named({{"2"}}, 5);
        fixture.admit("p1", "2", {{"b"}});
        fixture.admit("p1", "1", {{"c"}});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p1-b/1"});
        fixture.subscribe("later");
        CHECK(fixture.told("later") == Texts{"create p1-b/1"});
        CHECK(found() == Texts{"p1-b"});
        CHECK(named({{"1"}}, 9) == Texts{"later", "s1"});  // it has changed its mind
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p1-b/1", "create p1-c/1"});
        CHECK(found() == Texts{"p1-a", "p1-c"});
    }
    SECTION("by the same Exchange, run again") {
        auto const discovery = fixture.ask(bob(), 5, true);
        fixture.match("p1", {{"1"}}, discovery);
        fixture.finish(discovery, "p1", 6, "timeout", true);
        fixture.match("p1", {{"2"}}, discovery);
        fixture.admit("p1", "2", {{"b"}});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p1-b/1"});
    }
    SECTION("and a partner that is down names nobody") {
        fixture.finish(fixture.ask(bob(), 5, true), "p1", 5, "timeout", true);
        fixture.admit("p1", "1", {{"b"}});
        CHECK(fixture.told("s1").size() == 2);
        CHECK(found() == Texts{"p1-a", "p1-b"});
    }
    SECTION("and other questions keep the answers to their own") {
        fixture.match("p1", {{"1"}}, fixture.ask(bob_born_1970()));
        fixture.subscribe("narrow", kBornThen);
        named({{"2"}}, 5);
        fixture.admit("p1", "1", {{"b"}});
        CHECK(fixture.told("narrow") == Texts{"create p1-a/1", "create p1-b/1"});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    }
    SECTION("but for another record of his own") {
        PatientText const first{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"};
        PatientText second = first;
        second.id = "2";
        named({first, second}, 5);
        named({second}, 9);
        fixture.admit("p1", "1", {{"b"}});
        CHECK(fixture.told("s1").size() == 2);
        CHECK(found() == Texts{"p1-a", "p1-b"});
        named({{"3"}}, 12);
        CHECK(found() == Texts());
        fixture.admit("p1", "2", {{"c"}});
        CHECK(named({first}, 15) == Texts{"s1"});
        CHECK(found() == Texts{"p1-a", "p1-b", "p1-c"});
    }
}

TEST_CASE("who proves to be one of two people no longer makes his partner ambiguous", "[cache][person]") {
    StoreFixture fixture;
    PatientText const first{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"};
    PatientText second{"2", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"};
    fixture.match("p1", {first}, fixture.ask({{"family", "", {"smith"}}}));
    fixture.match("p1", {second}, fixture.ask({{"given", "", {"bob"}}}));
    fixture.admit("p1", "1", {{"a"}});
    fixture.subscribe("s1");
    REQUIRE(fixture.told("s1") == Texts());
    second.identifier = first.identifier;
    fixture.match("p1", {second}, fixture.ask({{"identifier", "", {"urn:oid:1.2|A"}}}));
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
}

TEST_CASE("a search finds whoever fits until somebody asks partners the same", "[cache][search]") {
    OneKnown fixture;
    CHECK(fixture.found() == Texts{"p1-a"});
    auto const discovery = fixture.ask({{"family", "", {"smith"}}});
    CHECK(fixture.found() == Texts());
    fixture.match("p1", {{"1"}}, discovery);
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("whom a partner named is known for as long as the Patient is", "[cache][housekeeping]") {
    OneKnown fixture;
    fixture.subscribe("s1", kBornThen);
    auto const discovery = fixture.ask(bob_born_1970());
    for (auto const* const partner : {"p1", "p2", "p3"}) fixture.finish(discovery, partner, 2);
    Store::Retention const everything{at_second(1000), at_second(1000), at_second(1000)};
    while (fixture.commit([&](Store& s) { return s.purge(everything); })) {
    }
    CHECK(good(fixture.store->recent_discoveries(5)).size() == 1);
    fixture.admit("p1", "1", {{"b"}});
    CHECK(fixture.told("s1").size() == 2);
    fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(4)); });
    for (int round = 0; round < 3; ++round) fixture.commit([&](Store& s) { return s.purge(everything); });
    CHECK(good(fixture.store->recent_discoveries(5)).empty());
}

TEST_CASE("Patients are found by every spelling that acceptance lets through", "[cache][person]") {
    StoreFixture fixture;
    auto patient = make_patient("p1", {"1", "Zo\u00eb Anne", "Br\u00f6nnimann-Bertholet", "1937-05-03"});
    patient.patient.resource.set(
        "name",
        parse(R"([{"use":"maiden","family":"Bertholet","given":["Elisabeth"]},)"
              R"({"family":"Brönnimann-Bertholet","given":["Zoë Anne","Elisabeth"]}])")
    );
    patient.patient = good(fhir::read_patient(patient.patient.resource));
    PatientsAnswer answer;
    answer.partner = "p1";
    answer.patients = {patient};
    fixture.commit([&](Store& s) { return s.admit_patients(answer); });
    fixture.admit("p1", "1", {{"a"}});
    auto const found = [&](std::vector<fhir::search::Parameter> parameters) {
        DocumentSearchRequest request;
        request.search.patient.parameters = std::move(parameters);
        return good(fixture.store->search_documents(request)).total == 1;
    };
    CHECK(found({{"family", "", {"BRONNIMANN BERTHOLET"}}, {"given", "", {"zoe anne"}}}));
    CHECK(found({{"family", "", {"bertholet"}}, {"given", "", {"Elisabeth"}}}));
    CHECK(found({{"family", "", {"nobody", "bertholet"}}, {"birthdate", "", {"1937-05-03"}}}));
    CHECK(found({{"family", "", {"bertholet"}}, {"birthdate", "", {"eq1937-05-03", "1938-01-01"}}}));
    CHECK(found({{"family", "", {"bertholet"}}, {"birthdate", "", {"1937-05"}}}));
    CHECK(found({{"family", "", {"bertholet"}}, {"birthdate", "", {"lt1938-01-01"}}}));
    CHECK(found({{"given", "", {"zoe anne"}}, {"given", "", {"elisabeth"}}}));
    CHECK(found({{"name", "", {"bertholet"}}, {"birthdate", "", {"1937-05-03"}}}));
    CHECK_FALSE(found({{"family", "", {"bertholet"}}, {"birthdate", "", {"1937-05-04"}}}));
    CHECK_FALSE(found({{"family", "", {"bronnimann"}}}));
}

}  // namespace tributary::cache
