#include "fhir/identity/acceptance.hpp"

#include <algorithm>

#include "fhir/json/reader.hpp"
#include "fhir/search/document_search.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::identity {

namespace {

search::PatientQuery query(std::string const& text) {
    return search::read_patient_search(*search::parse_query(text)).search.patient;
}

Patient patient(std::string const& members) {
    return *read_patient(*json::read(R"({"resourceType":"Patient",)" + members + "}"));
}

Patient named(std::string const& family, std::string const& givens, std::string const& more = "") {
    return patient(R"("id":"p","name":[{"family":")" + family + R"(","given":[)" + givens + "]}]" + more);
}

struct Case {
    std::string query;
    Patient held;
    bool accepted;
};

}  // namespace

TEST_CASE("strict acceptance compares whole names, and what both sides carry", "[identity][A.4]") {
    auto const bob = named("Smith", R"("Bob","Lee")", R"(,"gender":"male","birthDate":"1970-01-02")");
    auto const bare = named("SMITH", R"("BOB")");
    auto const two_names = patient(
        R"("name":[{"family":"Jones","given":["Ann"]},{"use":"maiden","family":"Müller","given":["Anna","Lee"]}])"
    );
    for (auto const& [text, held, accepted] : std::vector<Case>{
             {"given=bob&family=smith", bob, true},
             {"given=bob&family=smith", named("Smithson", R"("Bobby")"), false},
             {"given=bob&family=smi", bob, false},
             {"given=bo&family=smith", bob, false},
             {"given=lee&family=smith", bob, false},
             {"given=bob&given=lee&family=smith", bob, true},
             {"given=lee&given=bob&family=smith", bob, false},
             {"given=bob&given=max&family=smith", bob, false},
             {"given=rob,bob&family=x,smith", bob, true},
             {"given=bob&family=smith&birthdate=1970-01-02", bob, true},
             {"given=bob&family=smith&birthdate=1970-01-03", bob, false},
             {"given=bob&family=smith&birthdate=1970", bob, true},
             {"given=bob&family=smith&birthdate=lt1960", bob, false},
             {"given=bob&family=smith&birthdate=1970-01-02", bare, false},
             {"given=bob&family=smith&birthdate=1970-01-02",
              named("Smith", R"("Bob")", R"(,"birthDate":"1970")"),
              false},
             {"given=bob&family=smith&gender=male", bob, true},
             {"given=bob&family=smith&gender=female", bob, false},
             {"given=bob&family=smith&gender=male", bare, true},
             {"family=muller&given=anna", two_names, true},
             {"family=muller&given=ann", two_names, true},
             {"family=jones&given=ann&given=lee", two_names, false},
             {"family=jones&given=anna&given=lee", two_names, true},
             {"family=jones&given=lee", two_names, false},
             {"name=smith", bob, true},
             {"name=lee", bob, true},
             {"name=smit", bob, false},
             {"family:contains=mit&given=bob", bob, true},
             {"family:exact=smith", bob, false},
             {"family=smith&phone=555", bob, false},
             {"family=smith&phone=555",
              named("Smith", "", R"(,"telecom":[{"system":"phone","value":"555"}])"),
              true}
         }) {
        INFO(text);
        CHECK(accepts(Acceptance::strict, query(text), held) == accepted);
    }
}

TEST_CASE("an identifier that was asked for has to be there", "[identity][A.4]") {
    auto const held = named("Smith", R"("Bob")", R"(,"identifier":[{"system":"urn:oid:1.2","value":"7"}])");
    CHECK(accepts(Acceptance::strict, query("identifier=urn:oid:1.2|7"), held));
    CHECK(accepts(Acceptance::strict, query("identifier=urn:oid:1.2|7,urn:oid:3|9&family=smith"), held));
    CHECK_FALSE(accepts(Acceptance::strict, query("identifier=urn:oid:1.2|8&family=smith"), held));
    CHECK_FALSE(accepts(Acceptance::strict, query("identifier=urn:oid:1.2|7&family=jones"), held));
}

TEST_CASE("placeholder names are never accepted on demographics alone", "[identity][architecture 8]") {
    std::string const identifier =
        R"(,"identifier":[{"system":"urn:oid:1.2","value":"7"}],"birthDate":"2024-01-01")";
    std::vector<std::pair<std::string, Patient>> const nobodies{
        {"family=unk&given=unk", named("UNK", R"("UNK")", identifier)},
        {"family=unknown", named("Unknown", "", identifier)},
        {"family=nn", named("N.N.", "", identifier)},
        {"family=nn", named("NN", R"("Bob")", identifier)},
        {"family=smith&given=baby+boy", named("Smith", R"("Baby Boy")", identifier)},
        {"family=smith&given=baby", named("Smith", R"("Baby","Girl")", identifier)},
        {"family=smith", named("Smith", R"("BABY BOY A")", identifier)},
        {"family=smith", named("Smith", R"("BabyGirl2")", identifier)},
        {"family=smith", named("Smith", R"("Newborn")", identifier)},
        {"birthdate=2024-01-01", patient(R"("id":"p")" + identifier)},
        {"birthdate=2024-01-01", patient(R"("id":"p","name":[{"text":"Unknown"}])" + identifier)}
    };
    for (auto const& [text, held] : nobodies) {
        INFO(text);
        CHECK_FALSE(accepts(Acceptance::strict, query(text), held));
        CHECK_FALSE(accepts(Acceptance::strict, query("birthdate=2024-01-01&identifier=urn:oid:1.2|"), held));
        CHECK(accepts(Acceptance::strict, query("identifier=urn:oid:1.2|7"), held));
    }
    CHECK(accepts(Acceptance::strict, query("family=babyak"), named("Babyak", R"("Ann")")));
    CHECK(accepts(Acceptance::strict, query("birthdate=2024-01-01"), named("Smith", R"("Ann")", identifier)));
}

TEST_CASE("search acceptance takes every hit of the search rules", "[identity]") {
    auto const held = named("Smithson", R"("Bobby")");
    CHECK(accepts(Acceptance::search, query("given=bob&family=smith"), held));
    CHECK_FALSE(accepts(Acceptance::search, query("given=bob&family=jones"), held));
}

TEST_CASE("a query of references alone is decided by them, an empty one accepts nobody", "[identity]") {
    CHECK(accepts(Acceptance::strict, query("_id=7"), named("Smith", "")));
    CHECK_FALSE(accepts(Acceptance::strict, {}, named("Smith", "")));
}

TEST_CASE("one accepted Patient is a match, two strangers are ambiguous, none is none", "[identity][A.4]") {
    auto const with_id = [](std::string const& id, std::string const& more) {
        return patient(R"("id":")" + id + R"(","name":[{"family":"Smith","given":["Bob"]}])" + more);
    };
    auto const asked = query("family=smith&given=bob");
    auto const other = patient(R"("id":"o","name":[{"family":"Smithson","given":["Bob"]}])");
    auto const of = [&](std::vector<Patient> candidates, Acceptance acceptance = Acceptance::strict) {
        return resolve(acceptance, asked, std::move(candidates), 2);
    };
    SECTION("nobody is accepted") {
        CHECK(of({}).resolution == Resolution::no_match);
        CHECK(of({other}).resolution == Resolution::no_match);
        CHECK(of({other}).refused == 1);
        CHECK(of({with_id("a", R"(,"active":false)")}).resolution == Resolution::no_match);
    }
    SECTION("one is") {
        auto const one = of({other, with_id("a", "")});
        CHECK(one.resolution == Resolution::matched);
        CHECK(one.patients.at(0).id == "a");
        CHECK(of({with_id("a", ""), with_id("a", "")}).patients.size() == 1);
    }
    SECTION("two strangers") {
        CHECK(of({with_id("a", ""), with_id("b", "")}).resolution == Resolution::ambiguous);
        CHECK(of({with_id("a", ""), with_id("b", "")}).patients.empty());
    }
    SECTION("a record and its survivor") {
        auto const retired = with_id(
            "a", R"(,"active":false,"link":[{"other":{"reference":"Patient/b"},"type":"replaced-by"}])"
        );
        auto const survived = of({retired, with_id("b", "")});
        CHECK(survived.resolution == Resolution::matched);
        CHECK(survived.patients.at(0).id == "b");
    }
    SECTION("two records of one person") {
        auto const pair =
            of({with_id("a", R"(,"link":[{"other":{"reference":"Patient/b"},"type":"seealso"}])"),
                with_id("b", "")});
        CHECK(pair.resolution == Resolution::matched);
        CHECK(pair.patients.size() == 2);
        std::string const shared = R"(,"identifier":[{"system":"urn:oid:1","value":"7"}])";
        auto const trio = of({with_id("a", shared), with_id("b", shared), with_id("c", shared)});
        CHECK(trio.patients.size() == 2);
        CHECK(trio.cut);
        CHECK_FALSE(pair.cut);
        CHECK(
            of({with_id("a", shared), with_id("b", shared), with_id("c", "")}).resolution ==
            Resolution::ambiguous
        );
    }
    SECTION("search acceptance") {
        auto const all = of({other, with_id("a", ""), with_id("b", "")}, Acceptance::search);
        CHECK(all.resolution == Resolution::matched);
        CHECK(all.patients.size() == 2);
        CHECK(all.cut);
        CHECK_FALSE(of({other, with_id("a", "")}, Acceptance::search).cut);
    }
}

TEST_CASE(
    "Patients are linked by link or identifier unless birth date or gender speak against it",
    "[identity][architecture 8]"
) {
    std::string const same = R"("identifier":[{"system":"urn:oid:1","value":"7"}])";
    CHECK(linked(patient(same), patient(same)));
    CHECK_FALSE(linked(patient(same), patient(R"("identifier":[{"system":"urn:oid:1","value":"8"}])")));
    CHECK_FALSE(linked(patient(same), patient(R"("identifier":[{"system":"urn:oid:2","value":"7"}])")));
    CHECK_FALSE(linked(patient(R"("identifier":[{"value":"7"}])"), patient(R"("identifier":[{"value":"7"}])"))
    );
    CHECK_FALSE(
        linked(patient(same + R"(,"birthDate":"1970-01-01")"), patient(same + R"(,"birthDate":"1970-01-02")"))
    );
    CHECK(linked(patient(same + R"(,"birthDate":"1970-01-01")"), patient(same + R"(,"birthDate":"1970")")));
    CHECK(linked(patient(same + R"(,"birthDate":"1970-01-01")"), patient(same)));
    CHECK_FALSE(linked(patient(same + R"(,"gender":"male")"), patient(same + R"(,"gender":"female")")));
    CHECK(linked(patient(same + R"(,"gender":"male")"), patient(same + R"(,"gender":"unknown")")));
    auto const pointing = patient(
        R"("id":"a","link":[{"other":{"identifier":{"system":"urn:oid:1","value":"7"}},"type":"seealso"}])"
    );
    CHECK(linked(pointing, patient(same)));
    CHECK(linked(patient(same), pointing));
}

TEST_CASE(
    "across partners demographics make one person only when all are there, and ids mean nothing", "[identity]"
) {
    std::string const full = R"(,"gender":"male","birthDate":"1970-01-02")";
    auto const bob = named("Smith", R"("Bob")", full);
    CHECK(same_person(bob, "p1", named("SMITH", R"("BOB","Lee")", full), "p2"));
    CHECK_FALSE(same_person(bob, "p1", named("Smith", R"("Rob")", full), "p2"));
    CHECK_FALSE(same_person(bob, "p1", named("Smith", R"("Bob")"), "p2"));
    CHECK_FALSE(same_person(named("UNK", R"("UNK")", full), "p1", named("UNK", R"("UNK")", full), "p2"));
    auto second = bob;
    second.id = "q";
    CHECK_FALSE(same_person(bob, "p1", second, "p1"));
    CHECK(same_person(bob, "p1", bob, "p1"));
    auto const pointing =
        patient(R"("id":"a","link":[{"other":{"reference":"Patient/p"},"type":"seealso"}])");
    CHECK(same_person(pointing, "p1", bob, "p1"));
    CHECK_FALSE(same_person(pointing, "p1", bob, "p2"));
}

TEST_CASE("Patients that may be one person share a key", "[identity]") {
    std::string const full =
        R"(,"gender":"male","birthDate":"1970-01-02","identifier":[{"system":"1.2","value":"7"}])";
    auto const keys = person_keys(named("Müller", R"("Bob")", full));
    for (std::string const key : {"i|urn:oid:1.2|7", "d|muller|bob|1970-01-02|male", "f|muller", "l|p"}) {
        INFO(key);
        CHECK(std::find(keys.begin(), keys.end(), key) != keys.end());
    }
    auto const share = [](Patient const& a, Patient const& b) {
        auto const of_a = person_keys(a);
        auto const of_b = person_keys(b);
        return std::any_of(of_a.begin(), of_a.end(), [&](auto const& key) {
            return !key.starts_with("f|") && std::find(of_b.begin(), of_b.end(), key) != of_b.end();
        });
    };
    CHECK(share(patient(R"("id":"a","link":[{"other":{"reference":"Patient/b"}}])"), patient(R"("id":"b")")));
    CHECK_FALSE(share(patient(R"("id":"a")"), patient(R"("id":"b")")));
}

}  // namespace tributary::fhir::identity
