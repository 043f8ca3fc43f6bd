#include "orchestrator/net/http_date.hpp"

#include "orchestrator/net/http_client.hpp"
#include "tests/support/catch.hpp"

namespace tributary::net {

using namespace std::chrono_literals;

TEST_CASE(
    "Retry-After is understood in seconds and as a date, and never waits longer than a day", "[http_date]"
) {
    auto const now = std::chrono::system_clock::from_time_t(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
    CHECK(http_date(now) == "Sun, 06 Nov 1994 08:49:37 GMT");
    auto const wait = [now](char const* field) {
        ClientResponse response;
        response.headers.add("retry-after", field);
        return response.retry_after(now);
    };
    CHECK(wait("120") == 120s);
    CHECK(wait("0") == 0s);
    CHECK(wait("Sun, 06 Nov 1994 08:50:37 GMT") == 60s);
    CHECK(wait("Sun, 06 Nov 1994 08:49:00 GMT") == 0s);
    CHECK(wait("Sunday, 06-Nov-94 08:50:37 GMT") == 60s);
    CHECK(wait("Sun Nov  6 08:50:37 1994") == 60s);
    CHECK(wait("Wednesday, 06-Nov-30 08:50:37 GMT") == 24h);  // of this century
    CHECK(wait("Sun Nov  6 08:50:37") == 0s);
    CHECK(wait("99999999") == 24h);
    CHECK(wait("99999999999999999999") == 24h);
    CHECK(wait("Mon, 07 Nov 2094 08:50:37 GMT") == 24h);
    CHECK(wait("Sun, 06 Nov 2761 08:49:37 GMT") == 24h);  // no time_point reaches so far
    CHECK(wait("-5") == 0s);
    CHECK(wait("soon") == 0s);
    CHECK(wait("1.5") == 0s);
    CHECK(ClientResponse().retry_after(now) == 0s);
}

}  // namespace tributary::net
