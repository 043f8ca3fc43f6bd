#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

using subscriptions::Status;

namespace {

class History : public StoreFixture {
public:
    void secret(std::string const& value, int second) {
        auto resource = parse(classic_subscription(kBob));
        resource.find("channel")->set("header", fhir::json::array({"Authorization: " + value}));
        ReplaceSubscription const change{"", "s1", fhir::json::write(resource), {}, {}, at_second(second)};
        commit([&](Store& s) { return s.replace_subscription(change); });
    }
    void status(Status status, int second) {
        StatusChange change;
        change.id = "s1";
        change.status = status;
        change.now = at_second(second);
        commit([&](Store& s) { return s.change_status(change); });
    }
    SubscriptionVersions history(SubscriptionHistoryRequest request = {}) {
        request.id = "s1";
        return good(store->subscription_history(request));
    }
    std::string version(std::uint64_t number) {
        auto const found = good(store->subscription_version("", "s1", number));
        return found.version ? found.version->resource : "none";
    }
};

std::vector<std::uint64_t> numbers(SubscriptionVersions const& history) {
    std::vector<std::uint64_t> all;
    for (auto const& version : history.versions) all.push_back(version.version);
    return all;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("every version of a Subscription is kept as it was shown, newest first", "[cache][history]") {
    History fixture;
    fixture.subscribe("s1", kBob, Status::requested);
    fixture.status(Status::active, 1);
    fixture.secret("Bearer x", 2);
    auto const history = fixture.history();
    CHECK(history.total == 3);
    CHECK(numbers(history) == Numbers{3, 2, 1});
    CHECK(
        parse(history.versions[0].resource).at("channel", "header")->items().front().text() ==
        "Authorization: ***"
    );
    CHECK(parse(fixture.version(1)).text("status") == "requested");
    CHECK(parse(fixture.version(2)).text("status") == "active");
    CHECK(parse(fixture.version(2)).at("meta", "versionId")->text() == "2");
    CHECK(fixture.version(4) == "none");
    fixture.secret("Bearer y", 3);
    CHECK_THAT(fixture.version(3), !Catch::Matchers::ContainsSubstring("Bearer"));
}

TEST_CASE("the history of a Subscription is given in pages and from a time on", "[cache][history]") {
    History fixture;
    fixture.subscribe("s1");
    for (int second = 1; second <= 4; ++second) fixture.status(Status::active, second);
    SubscriptionHistoryRequest page;
    page.count = 2;
    CHECK(numbers(fixture.history(page)) == Numbers{5, 4});
    page.offset = 2;
    CHECK(numbers(fixture.history(page)) == Numbers{3, 2});
    page.offset = 4;
    CHECK(numbers(fixture.history(page)) == Numbers{1});
    CHECK(fixture.history(page).total == 5);
    SubscriptionHistoryRequest recent;
    recent.since = at_second(3);
    CHECK(numbers(fixture.history(recent)) == Numbers{5, 4});
    CHECK(fixture.history(recent).total == 2);
}

TEST_CASE("no more versions of a Subscription are kept than allowed", "[cache][history]") {
    History fixture;
    fixture.settings.max_subscription_versions = 3;
    fixture.reopen();
    fixture.subscribe("s1");
    for (int second = 1; second <= 9; ++second) fixture.status(Status::active, second);
    CHECK(numbers(fixture.history()) == Numbers{10, 9, 8});
    CHECK(fixture.version(7) == "none");
}

TEST_CASE("of a deleted Subscription nothing stays but that it was deleted", "[cache][history]") {
    History fixture;
    fixture.subscribe("s1");
    fixture.secret("Bearer x", 1);
    fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(2)); });
    auto const history = fixture.history();
    CHECK(history.presence == Presence::deleted);
    CHECK(numbers(history) == Numbers{3});
    CHECK(history.versions[0].resource.empty());
    CHECK(fixture.version(1) == "none");
}

TEST_CASE("another scope has no history of it", "[cache][history]") {
    History fixture;
    fixture.subscribe("s1");
    SubscriptionHistoryRequest request;
    request.scope = "other";
    CHECK(fixture.history(request).presence == Presence::unknown);
    CHECK(good(fixture.store->subscription_version("other", "s1", 1)).presence == Presence::unknown);
    SubscriptionHistoryRequest nobody;
    nobody.id = "nobody";
    CHECK(good(fixture.store->subscription_history(nobody)).presence == Presence::unknown);
}

}  // namespace tributary::cache
