#include "cache/database_file.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

using fhir::json::Value;

class Following : public StoreFixture {
public:
    Following() {
        OpenDiscovery wanted;
        wanted.key = fhir::search::PatientQuery{{{"family", "", {"smith"}}}, {}}.key();
        wanted.id = "d1";
        wanted.partners = {"p1", "p2", "p3"};
        wanted.now = at_second(0);
        commit([&](Store& s) { return s.open_discovery(wanted); });
        subscribe("s1");
    }
    std::vector<std::string> tell(int second = 5, std::string const& scope = {}) {
        ProgressNews news;
        news.scope = scope;
        news.discovery = "d1";
        news.followers = {{"s1", "b1"}};
        news.now = at_second(second);
        return commit([&](Store& s) { return s.tell_progress(news); });
    }
    void finish(std::string const& partner, ExchangeState state, std::string const& issue = {}) {
        ExchangeOutcome const outcome{"d1", partner, state, issue, false, at_second(2)};
        commit([&](Store& s) -> Result<bool> {
            good(s.finish_exchange(outcome));
            return true;
        });
    }
    void mark_late() {
        commit([&](Store& s) -> Result<bool> {
            good(s.mark_late("d1"));
            return true;
        });
    }
    /// "running p1=asked/0 …" of an Event's resource.
    static std::string said(std::string const& resource) {
        auto const basic = parse(resource);
        auto const& extension = basic.items("extension").at(0);
        REQUIRE(extension.text("url") == "http://tributary.example/StructureDefinition/discovery-progress");
        std::string said;
        for (auto const& part : extension.items("extension")) {
            if (part.text("url") == "state") said = part.text("valueCode");
            if (part.text("url") != "partner") continue;
            auto const& parts = part.items("extension");
            said += ' ' + std::string(parts.at(0).text("valueString")) + '=' +
                    std::string(parts.at(1).text("valueCode")) + '/' +
                    parts.at(2).find("valueUnsignedInt")->get<fhir::json::Number>()->text;
        }
        return said;
    }
    std::vector<std::string> said() {
        std::vector<std::string> all;
        for (auto const& event : good(store->events("s1", 0, 1000, 1000))) {
            if (event.focus_type == kProgressFocus) all.push_back(said(event.resource));
        }
        return all;
    }
};

}  // namespace

TEST_CASE(
    "a follower is told what has changed since it was told last, and of everybody at the end",
    "[cache][progress]"
) {
    Following fixture;
    CHECK(fixture.tell() == Texts{"s1"});
    fixture.match("p1", {{"1"}}, "d1");
    fixture.tell();
    fixture.finish("p2", ExchangeState::failed, "timeout");
    fixture.mark_late();
    fixture.tell();
    fixture.finish("p1", ExchangeState::answered);
    fixture.finish("p3", ExchangeState::answered);
    fixture.tell();
    CHECK(
        fixture.said() ==
        Texts{
            "running p1=asked/0 p2=asked/0 p3=asked/0",
            "running p1=matched/1",
            "late p1=slow/1 p2=failed/0 p3=slow/0",
            "complete p1=matched/1 p2=failed/0 p3=no-match/0"
        }
    );
}

TEST_CASE("progress stands in the same numbers as documents, each version once", "[cache][progress]") {
    Following fixture;
    fixture.tell();
    CHECK(fixture.tell().empty());
    fixture.match("p1", {{"1"}}, "d1");
    fixture.admit("p1", "1", {{"a"}});
    fixture.reopen();
    CHECK(fixture.tell() == Texts{"s1"});
    fixture.reopen();
    CHECK(fixture.tell().empty());
    CHECK(fixture.told("s1") == Texts{"create b1/1", "create p1-a/1", "update b1/2"});
    CHECK(good(fixture.store->read_subscription("", "s1")).record.events == 3);
}

TEST_CASE(
    "an Event about progress keeps its version, and the Basic is read at its latest", "[cache][progress]"
) {
    Following fixture;
    fixture.tell(5);
    auto const before = good(fixture.store->events("s1", 0, 1, 1)).at(0);
    fixture.match("p1", {{"1"}}, "d1");
    fixture.tell(6);
    auto const after = good(fixture.store->events("s1", 0, 1, 1)).at(0);
    CHECK(before.resource == after.resource);
    auto const found = good(fixture.store->read_progress("", "b1"));
    REQUIRE(found.presence == Presence::found);
    CHECK(found.resource.version == 2);
    CHECK(found.resource.last_updated == at_second(6));
    CHECK(parse(found.resource.resource).at("subject", "reference")->text() == "Subscription/s1");
    CHECK(good(fixture.store->read_progress("", "b2")).presence == Presence::unknown);
    CHECK(good(fixture.store->read_progress("elsewhere", "b1")).presence == Presence::unknown);
}

TEST_CASE("nobody is told whose Subscription is off, deleted or of another scope", "[cache][progress]") {
    Following fixture;
    CHECK(fixture.tell(5, "elsewhere").empty());
    fixture.tell();
    fixture.finish("p1", ExchangeState::answered);
    SECTION("off") {
        StatusChange off;
        off.id = "s1";
        off.status = subscriptions::Status::off;
        fixture.commit([&](Store& s) { return s.change_status(off); });
        CHECK(fixture.tell().empty());
    }
    SECTION("deleted") {
        fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(9)); });
        CHECK(fixture.tell().empty());
        CHECK(good(fixture.store->read_progress("", "b1")).presence == Presence::unknown);
    }
}

TEST_CASE("what a Discovery left to nobody has not asked counts as failed", "[cache][progress]") {
    Following fixture;
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.abandon_discovery("d1", at_second(4)));
        return true;
    });
    fixture.tell();
    CHECK(fixture.said() == Texts{"complete p1=failed/0 p2=failed/0 p3=failed/0"});
}

TEST_CASE("delivered Events about progress go with their time, and are not told again", "[cache][progress]") {
    Following fixture;
    fixture.tell();
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.record_delivery("s1", 1, at_second(6)));
        good(s.purge({at_second(0), at_second(100), at_second(0)}));
        return true;
    });
    CHECK(fixture.said().empty());
    CHECK_FALSE(good(open_for_reading(fixture.settings.path))->query("SELECT 1 FROM event").next());
    CHECK(good(fixture.store->read_progress("", "b1")).presence == Presence::unknown);
    CHECK(fixture.tell().empty());
    fixture.match("p1", {{"1"}}, "d1");
    CHECK(fixture.tell() == Texts{"s1"});
    CHECK(good(fixture.store->read_progress("", "b1")).resource.version == 2);
}

}  // namespace tributary::cache
