#include "cache/body_store.hpp"

#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

TEST_CASE("a Body is there once its last slice is, as it was", "[cache][bodies]") {
    TemporaryFolder folder;
    auto store = good(BodyStore::open(folder.file("bodies.db"), false));
    std::string const first = std::string("a\0b", 3);
    good(store->put("aa", 0, first, false));
    CHECK_FALSE(good(store->get("aa")));
    good(store->put("aa", 1, "c", true));
    CHECK(good(store->get("aa")) == first + "c");
    CHECK(good(store->digests("", 9)).size() == 1);

    SECTION("the same Body again changes nothing") {
        good(store->put("aa", 0, "zz", false));
        good(store->put("aa", 1, "zz", true));
        CHECK(good(store->get("aa")) == first + "c");
    }
    SECTION("removed, it is gone") {
        good(store->remove({"aa"}));
        CHECK_FALSE(good(store->get("aa")));
        CHECK(good(store->digests("", 9)).empty());
    }
}

TEST_CASE("the log of the Bodies does not grow for ever", "[cache][bodies]") {
    TemporaryFolder folder;
    auto store = good(BodyStore::open(folder.file("bodies.db"), false));
    for (int i = 0; i < 100; ++i) {
        std::string const sha256 = std::to_string(i);
        REQUIRE_FALSE(store->begin());
        good(store->put(sha256, 0, std::string(200'000, 'x'), true));
        REQUIRE_FALSE(store->commit());
    }
    CHECK(std::filesystem::file_size(folder.file("bodies.db-wal")) < (std::uint64_t{4} << 20U));
}

TEST_CASE("an empty Body is a Body", "[cache][bodies]") {
    TemporaryFolder folder;
    auto store = good(BodyStore::open(folder.file("bodies.db"), false));
    good(store->put("ee", 0, "", true));
    CHECK(good(store->get("ee")) == std::string());
}

TEST_CASE("slices of an attempt that was cut off are gone after reopening", "[cache][bodies]") {
    TemporaryFolder folder;
    auto store = good(BodyStore::open(folder.file("bodies.db"), false));
    good(store->put("aa", 0, "old", false));
    good(store->put("aa", 1, "old", false));
    store.reset();
    store = good(BodyStore::open(folder.file("bodies.db"), false));
    good(store->put("aa", 0, "new", true));
    CHECK(good(store->get("aa")) == "new");
}

}  // namespace tributary::cache
