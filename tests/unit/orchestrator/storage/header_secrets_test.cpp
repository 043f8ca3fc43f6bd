#include "orchestrator/storage/header_secrets.hpp"

#include <fstream>
#include <iterator>

#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::storage {

namespace {

using cache::good;
using cache::StoreFixture;

std::string bytes_of(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
bool holds(StoreFixture const& fixture, std::string const& text) {
    auto const& path = fixture.settings.path;
    return bytes_of(path).find(text) != std::string::npos ||
           bytes_of(path + "-wal").find(text) != std::string::npos;
}

std::string with_header(std::string const& value) {
    auto resource = cache::parse(StoreFixture::classic_subscription(cache::kBob));
    auto channel = *resource.find("channel");
    channel.set("header", fhir::json::array({"Authorization: Bearer " + value, "X-Id:" + value}));
    resource.set("channel", channel);
    return fhir::json::write(resource);
}
cache::NewSubscription subscription(std::string const& id, std::string resource) {
    cache::NewSubscription made;
    made.id = id;
    made.resource = std::move(resource);
    made.now = cache::at_second(0);
    return made;
}
KeyFile key_file(StoreFixture const& fixture) { return {fixture.folder.file("a.key"), true}; }

Failure refusal(StoreFixture& fixture, KeyFile const& file) {
    auto const unlocked = HeaderSecrets::unlock(*fixture.store, file);
    REQUIRE(unlocked.has_error());
    return unlocked.error();
}

}  // namespace

TEST_CASE("header values are sealed on their way in and opened on their way out", "[storage][secrets]") {
    StoreFixture fixture;
    auto const secrets = good(HeaderSecrets::unlock(*fixture.store, key_file(fixture)));
    auto const resource = with_header("app-secret-1");
    auto const sealed = secrets.seal("s1", resource);
    CHECK(sealed.find("app-secret-1") == std::string::npos);
    fixture.commit([&](cache::Store& s) { return s.create_subscription(subscription("s1", sealed)); });
    CHECK_FALSE(holds(fixture, "app-secret-1"));
    auto const found = good(secrets.opened(fixture.store->read_subscription("", "s1")));
    CHECK(cache::parse(found.record.resource) == cache::parse(resource));

    fixture.reopen();
    auto const again = good(HeaderSecrets::unlock(*fixture.store, key_file(fixture)));
    auto const kept = good(again.opened(fixture.store->read_subscription("", "s1")));
    CHECK(cache::parse(kept.record.resource) == cache::parse(resource));
}

TEST_CASE(
    "what an earlier version stored in clear is sealed, and leaves no trace in the files",
    "[storage][secrets]"
) {
    StoreFixture fixture;
    for (int i = 0; i < 20; ++i) {
        auto const id = "s" + std::to_string(i);
        auto const made = subscription(id, with_header("old-secret-" + std::to_string(i)));
        fixture.commit([&](cache::Store& s) { return s.create_subscription(made); });
    }
    for (auto const* gone : {"s3", "s4"})
        fixture.commit([&](cache::Store& s) {
            return s.delete_subscription("", gone, {}, cache::at_second(1));
        });
    REQUIRE(holds(fixture, "old-secret-"));
    auto const secrets = good(HeaderSecrets::unlock(*fixture.store, key_file(fixture)));
    CHECK_FALSE(holds(fixture, "old-secret-"));
    auto const found = good(secrets.opened(fixture.store->read_subscription("", "s7")));
    CHECK(cache::parse(found.record.resource) == cache::parse(with_header("old-secret-7")));
}

TEST_CASE("a start that was cut off while it sealed seals nothing twice", "[storage][secrets]") {
    StoreFixture fixture;
    auto const file = key_file(fixture);
    HeaderSecrets const first = [&] {
        StoreFixture other;
        return good(HeaderSecrets::unlock(*other.store, file));
    }();
    auto const sealed = first.seal("s1", with_header("app-secret-1"));
    fixture.commit([&](cache::Store& s) { return s.create_subscription(subscription("s1", sealed)); });
    auto const secrets = good(HeaderSecrets::unlock(*fixture.store, file));
    auto const found = good(secrets.opened(fixture.store->read_subscription("", "s1")));
    CHECK(cache::parse(found.record.resource) == cache::parse(with_header("app-secret-1")));
}

TEST_CASE("another key is refused at the start, and nothing is changed", "[storage][secrets]") {
    StoreFixture fixture;
    auto const file = key_file(fixture);
    auto const secrets = good(HeaderSecrets::unlock(*fixture.store, file));
    auto const sealed = secrets.seal("s1", with_header("app-secret-1"));
    fixture.commit([&](cache::Store& s) { return s.create_subscription(subscription("s1", sealed)); });

    KeyFile const other{fixture.folder.file("b.key"), false};
    good(make_key_file(other.path));
    auto const wrong = refusal(fixture, other);
    CHECK(wrong.errc() == Errc::storage);
    CHECK_THAT(wrong.detail(), Catch::Matchers::ContainsSubstring("not the key"));

    KeyFile const missing{fixture.folder.file("c.key"), true};
    CHECK_THAT(refusal(fixture, missing).detail(), Catch::Matchers::ContainsSubstring("put it back"));
    CHECK_FALSE(std::filesystem::exists(missing.path));

    auto const right = good(HeaderSecrets::unlock(*fixture.store, file));
    auto const found = good(right.opened(fixture.store->read_subscription("", "s1")));
    CHECK(cache::parse(found.record.resource) == cache::parse(with_header("app-secret-1")));
}

TEST_CASE("a value moved to another Subscription is not shown", "[storage][secrets]") {
    StoreFixture fixture;
    auto const secrets = good(HeaderSecrets::unlock(*fixture.store, key_file(fixture)));
    auto const sealed = secrets.seal("s1", with_header("app-secret-1"));
    fixture.commit([&](cache::Store& s) { return s.create_subscription(subscription("s2", sealed)); });
    CHECK(good(secrets.opened(fixture.store->read_subscription("", "s2"))).record.resource.empty());
}

}  // namespace tributary::storage
