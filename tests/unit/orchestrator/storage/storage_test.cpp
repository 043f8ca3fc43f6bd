#include "orchestrator/storage/storage.hpp"

#include <algorithm>
#include <cstdio>

#include <boost/asio/io_context.hpp>

#include "tests/support/async.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::storage {

namespace {

using cache::at_second;
using cache::good;
using cache::StoreFixture;

/// A Storage on files of its own, and the only way in which these tests run a coroutine.
class StorageFixture {
public:
    StorageFixture() {
        settings.store.path = folder.file("tributary.db");
        settings.store.rules.canonical_base = "http://tributary.example";
        settings.bodies_path = folder.file("tributary-bodies.db");
        open();
    }
    ~StorageFixture() { close(); }
    void open() { storage = good(Storage::open(context.get_executor(), settings, metrics)); }
    void close() {
        if (storage) storage->stop();
        storage.reset();
    }
    void run(awaitable<void> task) {
        async::Root root(context);
        root.start(std::move(task));
        context.restart();
        context.run();
        INFO(root.what());
        REQUIRE(root.succeeded());
    }

    cache::TemporaryFolder folder;
    Metrics metrics;
    boost::asio::io_context context;
    Storage::Settings settings;
    std::unique_ptr<Storage> storage;
};

cache::NewSubscription bob() {
    cache::NewSubscription subscription;
    subscription.id = "s1";
    subscription.resource = StoreFixture::classic_subscription(cache::kBob);
    subscription.now = at_second(0);
    return subscription;
}

}  // namespace

TEST_CASE("what was answered is durable, and the reader sees it at once", "[storage]") {
    StorageFixture fixture;
    bool found = false;
    auto const write_and_read = [&]() -> awaitable<void> {
        auto subscription = bob();
        auto const created = co_await fixture.storage->create_subscription(std::move(subscription));
        good(created);
        auto const read = co_await fixture.storage->read_subscription("", "s1");
        found = good(read).presence == cache::Presence::found;
    };
    fixture.run(write_and_read());
    CHECK(found);
    CHECK(fixture.storage->in_flight() == 0);
    fixture.close();
    auto const store = good(cache::Store::open(fixture.settings.store, cache::Access::writer));
    CHECK(good(store->read_subscription("", "s1")).presence == cache::Presence::found);
}

TEST_CASE("a call is in flight until it has resumed", "[storage]") {
    StorageFixture fixture;
    std::size_t meanwhile = 0;
    auto const count = [&]() -> awaitable<void> {
        auto counts = co_await fixture.storage->counts();
        good(std::move(counts));
    };
    async::Root root(fixture.context);
    root.start(count());
    fixture.context.poll();
    meanwhile = fixture.storage->in_flight();
    fixture.context.restart();
    fixture.context.run();
    CHECK(root.succeeded());
    CHECK(meanwhile == 1);
    CHECK(fixture.storage->in_flight() == 0);
}

TEST_CASE("after stop() every call is refused as closed", "[storage]") {
    StorageFixture fixture;
    fixture.storage->stop();
    Errc errc = Errc::bug;
    auto const call = [&]() -> awaitable<void> {
        auto const counts = co_await fixture.storage->counts();
        if (!counts) errc = counts.error().errc();
    };
    fixture.run(call());
    CHECK(errc == Errc::closed);
}

TEST_CASE("a Body comes back as it was put, and trimming removes it", "[storage]") {
    StorageFixture fixture;
    auto const bytes =
        std::make_shared<std::string const>(std::string((std::size_t{3} << 20U) + 17, 'x') + "end");
    std::optional<std::string> read;
    auto const put_and_get = [&]() -> awaitable<void> {
        auto const put = co_await fixture.storage->put_body("abc", bytes);
        good(put);
        auto got = co_await fixture.storage->get_body("abc");
        read = good(std::move(got));
    };
    fixture.run(put_and_get());
    REQUIRE(read.has_value());
    CHECK(*read == *bytes);
}

TEST_CASE("an Event does not wait for a large document being stored", "[storage][measure]") {
    StorageFixture fixture;
    auto const bytes = std::make_shared<std::string const>(std::size_t{50} << 20U, 'x');
    bool stored = false;
    std::vector<double> waits;
    auto const store = [&]() -> awaitable<void> {
        auto const put = co_await fixture.storage->put_body("abc", bytes);
        good(put);
        stored = true;
    };
    auto const deliver = [&]() -> awaitable<void> {
        auto subscription = bob();
        auto const created = co_await fixture.storage->create_subscription(std::move(subscription));
        good(created);
        for (std::int64_t number = 1; !stored; ++number) {
            auto const started = std::chrono::steady_clock::now();
            auto const recorded = co_await fixture.storage->record_delivery("s1", number, at_second(1));
            good(recorded);
            waits.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count()
            );
        }
    };
    async::Root storing(fixture.context);
    async::Root delivering(fixture.context);
    storing.start(store());
    delivering.start(deliver());
    fixture.context.run();
    INFO(storing.what() << delivering.what());
    REQUIRE((storing.succeeded() && delivering.succeeded()));
    REQUIRE_FALSE(waits.empty());
    std::sort(waits.begin(), waits.end());
    std::printf(
        "while 50 MB are stored: %zu units of work, p50 %.2f ms, p99 %.2f ms, longest %.2f ms\n",
        waits.size(),
        waits[waits.size() / 2],
        waits[waits.size() * 99 / 100],
        waits.back()
    );
}

}  // namespace tributary::storage
