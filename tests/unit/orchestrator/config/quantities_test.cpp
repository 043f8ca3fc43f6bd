#include "orchestrator/config/quantities.hpp"

#include "tests/support/catch.hpp"

namespace tributary::config {

using namespace std::chrono_literals;

TEST_CASE("durations need a whole number and a unit", "[config]") {
    CHECK(read_duration("250ms") == 250ms);
    CHECK(read_duration("10s") == 10s);
    CHECK(read_duration("5m") == 5min);
    CHECK(read_duration("2h") == 2h);
    CHECK(read_duration("30d") == 720h);
    CHECK(read_duration("0s") == 0s);
    for (char const* wrong :
         {"", "10", "s", "1.5s", "-1s", "10 s", "10sec", "99999999999d", "18446744073709551615ms"}) {
        INFO(wrong);
        CHECK_FALSE(read_duration(wrong));
    }
}

TEST_CASE("sizes need a whole number and a binary unit", "[config]") {
    CHECK(read_size("512B") == 512);
    CHECK(read_size("512KiB") == 512 * 1024);
    CHECK(read_size("20MiB") == 20ULL << 20U);
    CHECK(read_size("10GiB") == 10ULL << 30U);
    for (char const* wrong : {"", "10", "10KB", "1.5MiB", "-1B", "99999999999999TiB"}) {
        INFO(wrong);
        CHECK_FALSE(read_size(wrong));
    }
}

TEST_CASE("a listen address is a host and a port", "[config]") {
    auto const v4 = read_host_port("127.0.0.1:8080");
    REQUIRE(v4);
    CHECK(v4->host == "127.0.0.1");
    CHECK(v4->port == 8080);
    auto const v6 = read_host_port("[::1]:0");
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->port == 0);
    for (char const* wrong :
         {"",
          "8080",
          ":8080",
          "127.0.0.1",
          "127.0.0.1:",
          "127.0.0.1:65536",
          "127.0.0.1:x",
          "http://127.0.0.1:80",
          "::1",
          "127.evil.example:0",
          "docs.example:8080"}) {
        INFO(wrong);
        CHECK_FALSE(read_host_port(wrong));
    }
}

TEST_CASE("the nearest word is offered only when it may be meant", "[config]") {
    CHECK(nearest("timout", {"timeout", "retry_for"}) == "timeout");
    CHECK(nearest("max_concurent", {"max_concurrent", "max_matches"}) == "max_concurrent");
    CHECK(nearest("colour", {"timeout", "retry_for"}).empty());
}

}  // namespace tributary::config
