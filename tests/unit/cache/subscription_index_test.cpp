#include "cache/database_file.hpp"
#include "cache/schema.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

using subscriptions::Status;

namespace {

Texts found(Store& store, std::vector<subscriptions::SearchClause> clauses) {
    SubscriptionSearch search;
    search.clauses = std::move(clauses);
    Texts ids;
    for (auto const& record : good(store.search_subscriptions(search)).records) ids.push_back(record.id);
    return ids;
}

NewSubscription new_subscription(std::string id, std::string const& criteria = kBob) {
    NewSubscription subscription;
    subscription.id = std::move(id);
    subscription.resource = StoreFixture::classic_subscription(criteria);
    subscription.now = at_second(0);
    return subscription;
}

}  // namespace

TEST_CASE("all clauses of a search for Subscriptions hold, any value of each", "[cache][search]") {
    StoreFixture fixture;
    fixture.subscribe("off", kBob, Status::off);
    fixture.subscribe("active", kBob, Status::active);
    fixture.subscribe("topic", kBob, Status::requested, true);
    Store& store = *fixture.store;
    CHECK(found(store, {}) == Texts{"off", "active", "topic"});
    CHECK(found(store, {{"status", {"off", "active"}}}) == Texts{"off", "active"});
    CHECK(found(store, {{"status", {"off"}}, {"status", {"active"}}}).empty());
    CHECK(found(store, {{"_id", {"active", "topic", "nobody"}}}) == Texts{"active", "topic"});
    CHECK(found(store, {{"criteria", {"documentreference"}, true}}) == Texts{"off", "active"});
    CHECK(found(store, {{"criteria", {"documentreference"}}}).empty());
    CHECK(
        found(store, {{"criteria", {"documentreference"}, true}, {"status", {"active"}}}) == Texts{"active"}
    );
    CHECK(found(store, {{"_lastUpdated", {"ge2027"}}}).size() == 3);
    CHECK(found(store, {{"_lastUpdated", {"lt2027"}}}).empty());
}

TEST_CASE("a search for Subscriptions finds them as they are now", "[cache][search]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    std::vector<subscriptions::SearchClause> const here{{"url", {"https://app.example/hook"}}};
    CHECK(found(*fixture.store, here) == Texts{"s1"});
    auto resource = parse(StoreFixture::classic_subscription(kBob));
    resource.find("channel")->set("endpoint", "https://app.example/other");
    ReplaceSubscription const change{"", "s1", fhir::json::write(resource), {}, {}, at_second(1)};
    fixture.commit([&](Store& s) { return s.replace_subscription(change); });
    CHECK(found(*fixture.store, here).empty());
    CHECK(found(*fixture.store, {{"url", {"https://app.example/other"}}}) == Texts{"s1"});
    fixture.commit([&](Store& s) { return s.delete_subscription("", "s1", {}, at_second(2)); });
    CHECK(found(*fixture.store, {{"url", {"https://app.example/other"}}}).empty());
}

TEST_CASE("of two conditional creates in one transaction the second finds the first", "[cache]") {
    StoreFixture fixture;
    std::vector<subscriptions::SearchClause> const none{{"url", {"https://app.example/hook"}}};
    auto const both = fixture.commit([&](Store& s) -> Result<std::vector<ConditionalCreate>> {
        std::vector<ConditionalCreate> made;
        made.push_back(good(s.create_subscription_unless(new_subscription("s1"), none)));
        made.push_back(good(s.create_subscription_unless(new_subscription("s2"), none)));
        return made;
    });
    CHECK(both[0].matches == 0);
    CHECK(both[0].record.id == "s1");
    CHECK(both[1].matches == 1);
    CHECK(both[1].record.id == "s1");
    fixture.subscribe("s3");
    auto const several =
        fixture.commit([&](Store& s) { return s.create_subscription_unless(new_subscription("s4"), none); });
    CHECK(several.matches == 2);
    CHECK(found(*fixture.store, {}) == Texts{"s1", "s3"});
}

TEST_CASE("Subscriptions of an earlier version's file are found, too", "[cache][search]") {
    TemporaryFolder folder;
    StoreSettings settings;
    settings.path = folder.file("old.db");
    settings.rules.canonical_base = "http://tributary.example";
    constexpr std::size_t kBeforeTheIndex = 2;
    {
        auto kind = cache_file();
        kind.migrations = kind.migrations.first(kBeforeTheIndex);
        auto const database = good(open_for_writing(settings.path, kind, false));
        for (auto const& [id, resource] :
             {std::pair("s1", StoreFixture::classic_subscription(kBob)), std::pair("broken", std::string("{"))
             }) {
            database->run(
                "INSERT INTO subscription(id, scope, origin, version, last_updated, status, resource, url) "
                "VALUES(?, '', '', 1, 0, 'active', ?, '')",
                std::string_view(id),
                resource
            );
        }
    }
    auto const store = good(Store::open(settings, Access::writer));
    CHECK(found(*store, {{"url", {"https://app.example/hook"}}}) == Texts{"s1"});
    CHECK(found(*store, {}).size() == 2);
}

TEST_CASE("live Subscriptions that an earlier version stored count against the bound", "[cache]") {
    TemporaryFolder folder;
    StoreSettings settings;
    settings.path = folder.file("old.db");
    settings.rules.canonical_base = "http://tributary.example";
    settings.max_subscriptions = 1;
    constexpr std::size_t kBeforeTheCount = 2;
    {
        auto kind = cache_file();
        kind.migrations = kind.migrations.first(kBeforeTheCount);
        auto const database = good(open_for_writing(settings.path, kind, false));
        for (auto const* const status : {"active", "off"}) {
            database->run(
                "INSERT INTO subscription(id, scope, origin, version, last_updated, status, resource, url) "
                "VALUES(?, '', '', 1, 0, ?, ?, '')",
                std::string_view(status),
                std::string_view(status),
                StoreFixture::classic_subscription(kBob)
            );
        }
    }
    auto const store = good(Store::open(settings, Access::writer));
    NewSubscription fresh;
    fresh.id = "fresh";
    fresh.resource = StoreFixture::classic_subscription(kBob);
    CHECK(store->create_subscription(fresh).error().errc() == Errc::throttled);
    good(store->change_status({"active", subscriptions::Status::off, {}, {}, at_second(1), {}}));
    CHECK(store->create_subscription(fresh).has_value());
}

}  // namespace tributary::cache
