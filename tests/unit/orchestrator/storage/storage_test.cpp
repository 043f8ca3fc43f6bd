#include "orchestrator/storage/storage.hpp"

#include <algorithm>
#include <cstdio>

#include <boost/asio/io_context.hpp>

#include "fhir/base/outcome_table.hpp"
#include "orchestrator/async/task_group.hpp"
#include "tests/support/async.hpp"
#include "tests/support/file_size_limit.hpp"
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

void print(char const* when, std::vector<double> waits) {
    REQUIRE_FALSE(waits.empty());
    std::sort(waits.begin(), waits.end());
    std::printf(
        "%s: %zu units of work, p50 %.2f ms, p99 %.2f ms, longest %.2f ms\n",
        when,
        waits.size(),
        waits[waits.size() / 2],
        waits[waits.size() * 99 / 100],
        waits.back()
    );
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
    while (meanwhile == 0 && fixture.context.run_one() > 0) meanwhile = fixture.storage->in_flight();
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

TEST_CASE(
    "a file that cannot grow refuses what is to be stored, says so, and goes on when it can", "[storage]"
) {
    StorageFixture fixture;
    auto& failures = fixture.metrics.counter("tributary_storage_failures_total", "", {{"thread", "writer"}});
    Failure told;
    bool absent = false;
    bool stored = false;
    auto const create = [&]() -> awaitable<void> {
        auto subscription = bob();
        auto const created = co_await fixture.storage->create_subscription(std::move(subscription));
        stored = created.has_value();
        if (!stored) told = created.error();
        auto const read = co_await fixture.storage->read_subscription("", "s1");
        absent = good(read).presence == cache::Presence::unknown;
    };
    {
        FileSizeLimit const limit(1024);
        fixture.run(create());
    }
    CHECK_FALSE(stored);
    CHECK(absent);
    CHECK(told.errc() == Errc::storage);
    CHECK(outcome_of(told.errc()).status == 503);
    CHECK(told.detail() == "this cannot be stored now: nothing was changed; ask again");
    CHECK(failures.value() == 1);
    fixture.run(create());
    CHECK(stored);
    CHECK(failures.value() == 1);
}

TEST_CASE("a Body comes back as it was put", "[storage]") {
    StorageFixture fixture;
    auto const bytes =
        std::make_shared<std::string const>(std::string((std::size_t{3} << 20U) + 17, 'x') + "end");
    std::optional<std::string> read;
    auto const put_and_get = [&]() -> awaitable<void> {
        auto const held = fixture.storage->hold_body("abc");
        auto const put = co_await fixture.storage->put_body("abc", bytes);
        good(put);
        auto got = co_await fixture.storage->get_body("abc");
        read = good(std::move(got));
    };
    fixture.run(put_and_get());
    REQUIRE(read.has_value());
    CHECK(*read == *bytes);
}

TEST_CASE("trimming removes the bytes, and the content forgets them", "[storage]") {
    StorageFixture fixture;
    auto const bytes = std::make_shared<std::string const>("text");
    std::string before;
    std::string after = "not read";
    bool gone = false;
    auto const trim = [&]() -> awaitable<void> {
        cache::PatientsAnswer patients;
        patients.partner = "p1";
        patients.patients.push_back(cache::make_patient("p1", cache::PatientText{"1"}));
        auto const matched = co_await fixture.storage->admit_patients(std::move(patients));
        good(matched);
        std::vector<cache::DocumentText> documents(1);
        documents[0].id = "a";
        auto answer = StoreFixture::answer("p1", "1", documents);
        auto const shared = std::make_shared<cache::Answer const>(std::move(answer));
        auto const admitted = co_await fixture.storage->admit(shared);
        good(admitted);
        std::optional<BodyHold> held(fixture.storage->hold_body("abc"));
        auto const put = co_await fixture.storage->put_body("abc", bytes);
        good(put);
        cache::AttachedBody body;
        body.binary_id = "p1-a-b0";
        body.url = "Binary/a";
        body.identity.sha256 = "abc";
        body.size = bytes->size();
        body.now = at_second(3);
        auto const attached = co_await fixture.storage->attach_body(std::move(body));
        good(attached);
        held.reset();
        auto content = co_await fixture.storage->content("", "p1-a-b0");
        before = good(std::move(content)).sha256;
        auto const trimmed = co_await fixture.storage->trim_bodies(0);
        good(trimmed);
        content = co_await fixture.storage->content("", "p1-a-b0");
        after = good(std::move(content)).sha256;
        auto got = co_await fixture.storage->get_body("abc");
        gone = !good(std::move(got));
    };
    fixture.run(trim());
    CHECK(before == "abc");
    CHECK(after.empty());
    CHECK(gone);
}

TEST_CASE("bytes that the cache knows nothing of go, but for those on their way", "[storage]") {
    StorageFixture fixture;
    auto const large = std::make_shared<std::string const>(std::size_t{1} << 20U, 'x');
    std::vector<std::string> const digests{"left", "pointed-to", "put-now"};
    std::vector<std::string> there;
    auto const look = [&]() -> awaitable<void> {
        there.clear();
        for (auto const& digest : digests) {
            auto got = co_await fixture.storage->get_body(digest);
            if (good(std::move(got))) there.push_back(digest);
        }
    };
    auto const drop = [&]() -> awaitable<void> {
        std::optional<BodyHold> held(fixture.storage->hold_body("put-now"));
        for (auto const& digest : digests) {
            auto const each = fixture.storage->hold_body(digest);
            auto const put = co_await fixture.storage->put_body(digest, large);
            good(put);
        }
        cache::PatientsAnswer patients;
        patients.partner = "p1";
        patients.patients.push_back(cache::make_patient("p1", cache::PatientText{"1"}));
        auto const matched = co_await fixture.storage->admit_patients(std::move(patients));
        good(matched);
        std::vector<cache::DocumentText> documents(1);
        documents[0].id = "a";
        auto answer = StoreFixture::answer("p1", "1", documents);
        cache::InlineBody carried;
        carried.identity.sha256 = "pointed-to";
        answer.entries[0].inline_bodies.push_back(carried);
        auto const page = std::make_shared<cache::Answer const>(std::move(answer));
        auto const admitted = co_await fixture.storage->admit(page);
        good(admitted);
        auto dropped = co_await fixture.storage->drop_unknown_bodies();
        good(dropped);
        co_await look();
        CHECK(there == std::vector<std::string>{"pointed-to", "put-now"});
        held.reset();
        dropped = co_await fixture.storage->drop_unknown_bodies();
        good(dropped);
        co_await look();
        CHECK(there == std::vector<std::string>{"pointed-to"});
    };
    fixture.run(drop());
}

TEST_CASE("nothing waits for a search, and one that costs too much is refused", "[storage]") {
    StorageFixture fixture;
    constexpr int kSearches = 20;
    int searched = 0;
    int searched_before_read = kSearches;
    auto const fill = [&]() -> awaitable<void> {
        cache::PatientsAnswer patients;
        patients.discovery = "d1";
        patients.partner = "p1";
        patients.patients.push_back(cache::make_patient("p1", cache::PatientText{"1"}));
        auto const named = co_await fixture.storage->admit_patients(std::move(patients));
        good(named);
        std::vector<cache::DocumentText> documents;
        for (int i = 0; i < 100; ++i) documents.push_back(cache::DocumentText{"d" + std::to_string(i)});
        auto const answer = std::make_shared<cache::Answer const>(StoreFixture::answer("p1", "1", documents));
        auto const admitted = co_await fixture.storage->admit(answer);
        good(admitted);
    };
    auto const search = [&]() -> awaitable<void> {
        cache::DocumentSearchRequest request;
        request.search.filters = {{"date", "", {"lt2026"}}};
        auto const found = co_await fixture.storage->search_documents(std::move(request));
        good(found);
        ++searched;
    };
    auto const read = [&]() -> awaitable<void> {
        auto const found = co_await fixture.storage->read_subscription("", "s1");
        good(found);
        searched_before_read = searched;
    };
    fixture.run(fill());
    auto const together = [&]() -> awaitable<void> {
        auto const all = [&](async::TaskGroup& group) -> awaitable<void> {
            for (int i = 0; i < kSearches; ++i) (void)group.spawn("search", search());
            (void)group.spawn("read", read());
            co_return;
        };
        co_await async::with_group(std::ref(all));
    };
    fixture.run(together());
    CHECK(searched == kSearches);
    CHECK(searched_before_read < kSearches);

    fixture.close();
    fixture.settings.store.search_candidates = 99;
    fixture.open();
    auto const refused = [&]() -> awaitable<void> {
        auto const found = co_await fixture.storage->search_documents(cache::DocumentSearchRequest());
        REQUIRE(found.has_error());
        CHECK(found.error().errc() == Errc::too_costly);
    };
    fixture.run(refused());
    CHECK(fixture.metrics.counter("tributary_searches_too_costly_total", "").value() == 1);
}

TEST_CASE("a Subscription above the bound is refused, which is no refusal of the queue", "[storage]") {
    StorageFixture fixture;
    fixture.close();
    fixture.settings.store.max_subscriptions = 1;
    fixture.open();
    std::vector<Errc> refusals;
    auto const create = [&](std::string id) -> awaitable<void> {
        auto subscription = bob();
        subscription.id = std::move(id);
        auto const created = co_await fixture.storage->create_subscription(std::move(subscription));
        if (!created) refusals.push_back(created.error().errc());
    };
    fixture.run(create("s1"));
    fixture.run(create("s2"));
    CHECK(refusals == std::vector{Errc::throttled});
    auto& refused = fixture.metrics.counter("tributary_storage_refused_total", "", {{"thread", "writer"}});
    CHECK(refused.value() == 0);
}

TEST_CASE("an Event does not wait for a large document being stored", "[storage][measure]") {
    StorageFixture fixture;
    auto const bytes = std::make_shared<std::string const>(std::size_t{50} << 20U, 'x');
    bool stored = false;
    std::vector<double> alone;
    std::vector<double> meanwhile;
    auto const deliver = [&](std::int64_t number, std::vector<double>& waits) -> awaitable<void> {
        auto const started = std::chrono::steady_clock::now();
        auto const recorded = co_await fixture.storage->record_delivery("s1", number, at_second(1));
        good(recorded);
        auto const waited = std::chrono::steady_clock::now() - started;
        waits.push_back(std::chrono::duration<double, std::milli>(waited).count());
    };
    auto const prepare = [&]() -> awaitable<void> {
        auto subscription = bob();
        auto const created = co_await fixture.storage->create_subscription(std::move(subscription));
        good(created);
        for (std::int64_t number = 1; number <= 300; ++number) co_await deliver(number, alone);
    };
    auto const store = [&]() -> awaitable<void> {
        auto const held = fixture.storage->hold_body("abc");
        auto const put = co_await fixture.storage->put_body("abc", bytes);
        stored = true;
        good(put);
    };
    auto const deliver_meanwhile = [&]() -> awaitable<void> {
        std::int64_t number = 300;
        while (!stored) {
            ++number;
            co_await deliver(number, meanwhile);
        }
    };
    fixture.run(prepare());
    async::Root storing(fixture.context);
    async::Root delivering(fixture.context);
    storing.start(store());
    delivering.start(deliver_meanwhile());
    fixture.context.restart();
    fixture.context.run();
    INFO(storing.what() << delivering.what());
    REQUIRE((storing.succeeded() && delivering.succeeded()));
    print("alone", std::move(alone));
    print("while 50 MB are stored", std::move(meanwhile));
}

}  // namespace tributary::storage
