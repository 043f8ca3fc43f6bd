#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

/// Documents of equal uniqueId and digest are one within a Person, and two across.
class Persons : public StoreFixture {
public:
    void know(std::string const& partner, PatientText const& patient) {
        match(partner, {patient});
        admit(partner, patient.id, {{"d" + patient.id, "1.2.3", std::string(40, 'a')}});
    }
    std::size_t documents() { return good(store->search_documents({})).total; }
};

}  // namespace

TEST_CASE("two alike at one partner stay two people when a third is like both", "[cache][person]") {
    Persons fixture;
    SECTION("the two first") {
        fixture.know("p1", {"1"});
        fixture.know("p1", {"2"});
        fixture.know("p2", {"3"});
        CHECK(fixture.documents() == 3);
    }
    SECTION("one of them last") {
        fixture.know("p1", {"1"});
        fixture.know("p2", {"3"});
        fixture.know("p1", {"2"});
        CHECK(fixture.documents() == 2);
    }
}

TEST_CASE("a number makes one person of two at one partner", "[cache][person]") {
    Persons fixture;
    for (std::string const id : {"1", "2"})
        fixture.know("p1", {id, "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"});
    CHECK(fixture.documents() == 1);
}

TEST_CASE("who is linked to two that contradict each other does not make them one", "[cache][person]") {
    Persons fixture;
    fixture.know("p1", {"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"});
    SECTION("known before the second") {
        fixture.know("p2", {"2", "Bob", "Smith", "", "male", "urn:oid:1.2|A"});
        fixture.know("p3", {"3", "Bob", "Smith", "1999-09-09", "male", "urn:oid:1.2|A"});
    }
    SECTION("known after it") {
        fixture.know("p3", {"3", "Bob", "Smith", "1999-09-09", "male", "urn:oid:1.2|A"});
        fixture.know("p2", {"2", "Bob", "Smith", "", "male", "urn:oid:1.2|A"});
    }
    CHECK(fixture.documents() == 2);
}

TEST_CASE("a number added later joins two Persons, and their equal documents", "[cache][person]") {
    Persons fixture;
    fixture.know("p1", {"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:2.999.9|7"});
    fixture.know("p2", {"2", "Robert", "Smith", "1970-01-02", "male"});
    CHECK(fixture.documents() == 2);
    fixture.match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:2.999.9|7"}});
    CHECK(fixture.documents() == 1);
}

TEST_CASE("an alias in common and one birth date do not make one person", "[cache][person]") {
    Persons fixture;
    fixture.know("p1", {"1", "Alice", "Newman", "1970-05-01", "female"});
    auto newcomb = make_patient("p2", {"2", "Alice", "Newcomb", "1970-05-01", "female"});
    newcomb.patient.resource.set(
        "name",
        parse(
            R"([{"family":"Newcomb","given":["Alice"]},{"use":"nickname","family":"Newman","given":["Alice"]}])"
        )
    );
    newcomb.patient = good(fhir::read_patient(newcomb.patient.resource));
    PatientsAnswer answer;
    answer.partner = "p2";
    answer.patients = {newcomb};
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.admit_patients(answer));
        return true;
    });
    fixture.admit("p2", "2", {{"x", "1.2.3", std::string(40, 'a')}});
    CHECK(fixture.documents() == 2);
}

}  // namespace tributary::cache
