#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

class Discovering : public StoreFixture {
public:
    OpenedDiscovery open(
        std::string const& id,
        int second,
        std::vector<std::string> partners = {"p1", "p2"},
        bool again = false
    ) {
        OpenDiscovery wanted;
        wanted.key = "bob";
        wanted.id = id;
        wanted.partners = std::move(partners);
        wanted.reuse = std::chrono::seconds(60);
        wanted.now = at_second(second);
        wanted.again = again;
        return commit([&](Store& s) { return s.open_discovery(wanted); });
    }
    Progress progress() { return good(store->progress("", "bob")); }
};

}  // namespace

TEST_CASE("a patient never asked for has no Discovery", "[cache][discovery]") {
    Discovering fixture;
    CHECK(fixture.progress().state == DiscoveryState::none);
}

TEST_CASE("progress counts asked = answered + failed + pending", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0, {"p1", "p2", "p3"});
    fixture.match("p1", {{"1"}}, "d1");
    fixture.finish("d1", "p1", 1, "multiple-matches");
    fixture.finish("d1", "p2", 2, "timeout", true);
    auto const running = fixture.progress();
    CHECK(running.state == DiscoveryState::running);
    CHECK(running.asked == 3);
    CHECK(running.answered == 1);
    CHECK(running.matched == 1);
    CHECK(running.failed == 1);
    CHECK(running.pending == 1);
    REQUIRE(running.issues.size() == 2);
    CHECK(running.issues[0].issue == "multiple-matches");

    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.mark_late("d1"));
        return true;
    });
    CHECK(fixture.progress().state == DiscoveryState::late);
    fixture.finish("d1", "p3", 3);
    CHECK(fixture.progress().state == DiscoveryState::complete);
    CHECK(good(fixture.store->progress_of_patient("", "p1-1")).discovery == "d1");
}

TEST_CASE("an unfinished Discovery is joined, and its unfinished Exchanges run again", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0);
    fixture.finish("d1", "p1", 1);
    fixture.reopen();
    auto const joined = fixture.open("d2", 5);
    CHECK(joined.id == "d1");
    CHECK(joined.joined);
    CHECK(joined.ask == Texts{"p2"});
}

TEST_CASE(
    "a finished Discovery answers for a while, and only who is owed is asked again", "[cache][discovery]"
) {
    Discovering fixture;
    fixture.open("d1", 0);
    fixture.finish("d1", "p1", 1);
    fixture.finish("d1", "p2", 2, "timeout", true);
    CHECK(fixture.open("d2", 30).ask == Texts{"p2"});
    fixture.finish("d1", "p2", 31);
    CHECK(fixture.progress().failed == 0);
    CHECK(fixture.open("d2", 40).ask.empty());
    auto const fresh = fixture.open("d2", 63);
    CHECK(fresh.id == "d2");
    CHECK_FALSE(fresh.joined);
    CHECK(fresh.ask == Texts{"p1", "p2"});
}

TEST_CASE(
    "a partner that is new is asked, and one that is gone no longer holds a Discovery open",
    "[cache][discovery]"
) {
    Discovering fixture;
    fixture.open("d1", 0);
    fixture.finish("d1", "p1", 1);
    CHECK(fixture.open("d2", 2, {"p1", "p3"}).ask == Texts{"p3"});
    CHECK(fixture.progress().failed == 1);
    fixture.finish("d1", "p3", 3);
    CHECK(fixture.progress().state == DiscoveryState::complete);
    CHECK(fixture.open("d3", 4, {"p1", "p2", "p3"}).ask == Texts{"p2"});  // it has come back
}

TEST_CASE("what ended by a clock that was ahead is not taken for lasting", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 10'000);
    fixture.finish("d1", "p1", 10'000);
    fixture.finish("d1", "p2", 10'000);
    CHECK(fixture.open("d2", 9'990).ask.empty());
    CHECK(fixture.open("d3", 10).ask == Texts{"p1", "p2"});
}

TEST_CASE("an abandoned Discovery has ended, and goes on when it is joined soon", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0);
    fixture.finish("d1", "p1", 1);
    fixture.match("p2", {{"1"}}, "d1");
    bool const others = GENERATE(false, true);
    fixture.commit([&](Store& s) -> Result<bool> {
        if (others) {
            good(s.abandon_other_discoveries({{"", "alice"}}, at_second(2)));
        } else {
            good(s.abandon_discovery("d1", at_second(2)));
        }
        return true;
    });
    auto const left = fixture.progress();
    CHECK(left.state == DiscoveryState::complete);
    CHECK(left.answered == 1);
    CHECK(left.failed == 1);
    CHECK(left.matched == 1);
    CHECK(left.pending == 0);
    SECTION("soon") {
        auto const joined = fixture.open("d2", 30);
        CHECK(joined.id == "d1");
        CHECK(joined.ask == Texts{"p2"});
        CHECK(joined.started == at_second(30));
        CHECK_FALSE(joined.ended);
        CHECK(fixture.progress().state == DiscoveryState::running);
        CHECK(fixture.progress().pending == 1);
    }
    SECTION("late") { CHECK(fixture.open("d2", 90).ask == Texts{"p1", "p2"}); }
}

TEST_CASE("at start a Discovery that somebody wants stays open", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0);
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.abandon_other_discoveries({{"", "alice"}, {"", "bob"}}, at_second(2)));
        return true;
    });
    CHECK(fixture.progress().state == DiscoveryState::running);
}

TEST_CASE("a refresh that was abandoned does not hide the run before it", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0, {"p1"});
    fixture.finish("d1", "p1", 1);
    fixture.open("d2", 2, {"p1"}, true);
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.abandon_discovery("d2", at_second(3)));
        return true;
    });
    CHECK(fixture.progress().discovery == "d1");
}

TEST_CASE("while a refresh runs, progress shows the run before it", "[cache][discovery]") {
    Discovering fixture;
    fixture.open("d1", 0, {"p1"});
    fixture.match("p1", {{"1"}}, "d1");
    fixture.finish("d1", "p1", 1);
    CHECK(fixture.open("d2", 2, {"p1"}, true).id == "d2");
    CHECK(fixture.progress().discovery == "d1");
    fixture.match("p1", {{"1"}}, "d2");
    CHECK(good(fixture.store->progress_of_patient("", "p1-1")).discovery == "d1");
    fixture.finish("d2", "p1", 3);
    CHECK(fixture.progress().discovery == "d2");
    CHECK(good(fixture.store->recent_discoveries(5)).size() == 2);
}

TEST_CASE(
    "a query that names our Patient asks by its Person's identifiers and demographics", "[cache][discovery]"
) {
    StoreFixture fixture;
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fhir::search::PatientQuery query;
    query.references = {"p1-1"};
    auto const asked = good(fixture.store->discovery_query("", query));
    REQUIRE(asked);
    CHECK(asked->references.empty());
    std::vector<fhir::search::Parameter> const expected{
        {"identifier", "", {"urn:oid:1.2|A"}},
        {"family", "", {"Smith"}},
        {"given", "", {"Bob"}},
        {"birthdate", "", {"1970-01-02"}},
        {"gender", "", {"male"}}
    };
    CHECK(asked->parameters == expected);
    query.references = {"unknown"};
    CHECK_FALSE(good(fixture.store->discovery_query("", query)));
}

TEST_CASE("a query that names two people of ours is refused", "[cache][discovery]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male"}});
    fixture.match("p1", {{"2", "Alice", "Jones", "1980-01-02", "female"}});
    fhir::search::PatientQuery query;
    query.references = {"p1-1", "p1-2"};
    auto const asked = fixture.store->discovery_query("", query);
    REQUIRE(asked.has_error());
    CHECK(asked.error().errc() == Errc::not_supported);
}

TEST_CASE("partners are not asked for a gender that is unknown", "[cache][discovery]") {
    StoreFixture fixture;
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "unknown"}});
    fhir::search::PatientQuery query;
    query.references = {"p1-1"};
    auto const asked = good(fixture.store->discovery_query("", query));
    REQUIRE(asked);
    for (auto const& parameter : asked->parameters) CHECK(parameter.name != "gender");
}

}  // namespace tributary::cache
