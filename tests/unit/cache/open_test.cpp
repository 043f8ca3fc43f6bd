#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

#include "cache/database_file.hpp"
#include "cache/schema.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

std::string bytes_of(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

mode_t mode_of(std::string const& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

Failure refusal(StoreSettings const& settings) {
    auto const opened = Store::open(settings, Access::writer);
    REQUIRE(opened.has_error());
    REQUIRE(opened.error().errc() == Errc::storage);
    return opened.error();
}

}  // namespace

TEST_CASE("the files of the cache are for their owner only, whatever the umask", "[cache]") {
    auto const before = ::umask(0);
    StoreFixture fixture;
    fixture.subscribe("s1");
    ::umask(before);
    CHECK(mode_of(fixture.settings.path) == 0600);
    CHECK(mode_of(fixture.settings.path + "-wal") == 0600);
    CHECK(mode_of(fixture.settings.path + "-shm") == 0600);
}

TEST_CASE("a database of a newer version is refused and left as it is", "[cache]") {
    StoreFixture fixture;
    fixture.store.reset();
    {
        auto const database = good(Database::open(fixture.settings.path, Database::Mode::read_write));
        good(database->execute("PRAGMA user_version=99"));
    }
    auto const before = bytes_of(fixture.settings.path);
    auto const failure = refusal(fixture.settings);
    CHECK_THAT(
        failure.detail(),
        Catch::Matchers::ContainsSubstring("newer version") && Catch::Matchers::ContainsSubstring("99")
    );
    CHECK(bytes_of(fixture.settings.path) == before);
}

TEST_CASE("a database that is open for writing is refused to a second writer, and free when it is closed", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    auto const failure = refusal(fixture.settings);
    CHECK_THAT(
        failure.detail(),
        Catch::Matchers::StartsWith(fixture.settings.path) &&
            Catch::Matchers::ContainsSubstring("another process uses this database")
    );
    CHECK(mode_of(fixture.settings.path + ".lock") == 0600);
    CHECK(good(fixture.store->read_subscription("", "s1")).presence == Presence::found);
    good(Store::open(fixture.settings, Access::reader));
    fixture.reopen();
}

TEST_CASE("a file that is no database of ours is refused and left as it is", "[cache]") {
    TemporaryFolder folder;
    StoreSettings settings;
    settings.path = folder.file("notes.txt");
    SECTION("no database at all") {
        std::ofstream(settings.path) << std::string(5000, 'x');
        auto const before = bytes_of(settings.path);
        CHECK_THAT(refusal(settings).detail(), Catch::Matchers::ContainsSubstring("not a database"));
        CHECK(bytes_of(settings.path) == before);
    }
    SECTION("another program's database") {
        std::ofstream(settings.path).close();
        {
            auto const database = good(Database::open(settings.path, Database::Mode::read_write));
            good(database->execute("CREATE TABLE theirs(a)"));
        }
        auto const before = bytes_of(settings.path);
        CHECK_THAT(refusal(settings).detail(), Catch::Matchers::ContainsSubstring("another kind"));
        CHECK(bytes_of(settings.path) == before);
    }
}

TEST_CASE("what a crash has left half made is rolled back", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.store.reset();
    StoreSettings settings = fixture.settings;
    settings.path += ".copy.db";
    {
        auto const database = good(Database::open(fixture.settings.path, Database::Mode::read_write));
        good(database->execute("PRAGMA journal_mode=DELETE; PRAGMA cache_size=1; BEGIN; CREATE TABLE half(a)"));
        good(database->execute("INSERT INTO half SELECT randomblob(100000)"));
        std::filesystem::copy_file(fixture.settings.path, settings.path);
        std::filesystem::copy_file(fixture.settings.path + "-journal", settings.path + "-journal");
    }
    auto const store = good(Store::open(settings, Access::writer));
    CHECK(good(store->read_subscription("", "s1")).presence == Presence::found);
}

TEST_CASE("a path that cannot be written is refused with what to do", "[cache]") {
    TemporaryFolder folder;
    StoreSettings settings;
    settings.path = folder.file("missing/tributary.db");
    CHECK_THAT(refusal(settings).detail(), Catch::Matchers::ContainsSubstring("choose a folder"));
}

TEST_CASE("what was committed is there after reopening, and a reader sees it", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.reopen();
    auto const reader = good(Store::open(fixture.settings, Access::reader));
    CHECK(good(reader->read_subscription("", "s1")).presence == Presence::found);
    CHECK(good(reader->read_subscription("other", "s1")).presence == Presence::unknown);
}

TEST_CASE("the log does not grow for ever under constant load", "[cache]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    StatusChange change;
    change.id = "s1";
    for (int i = 0; i < 600; ++i) {
        change.error_text = std::string(100'000, static_cast<char>('a' + i % 26));
        fixture.commit([&](Store& s) { return s.change_status(change); });
    }
    CHECK(std::filesystem::file_size(fixture.settings.path + "-wal") < (std::uint64_t{24} << 20U));
}

TEST_CASE("an idle Store moves its log into the database", "[cache]") {
    StoreFixture fixture;
    for (int i = 0; i < 300; ++i) fixture.subscribe("s" + std::to_string(i));
    auto const before = std::filesystem::file_size(fixture.settings.path);
    fixture.store->checkpoint();
    CHECK(std::filesystem::file_size(fixture.settings.path) > before + 100'000);
}

}  // namespace tributary::cache
