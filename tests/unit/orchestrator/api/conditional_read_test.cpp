#include "orchestrator/api/conditional_read.hpp"

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

unsigned status_of(std::vector<net::Headers::Field> asked, unsigned status = 200) {
    net::ServerResponse response(status, "application/fhir+json", "{}");
    response.headers.add("ETag", "W/\"3\"");
    response.headers.add("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    leave_out_unchanged(net::Headers(std::move(asked)), response);
    CHECK(response.body.empty() == (response.status == 304));
    return response.status;
}

}  // namespace

TEST_CASE("what the reader has already is not sent again", "[api]") {
    CHECK(status_of({}) == 200);
    CHECK(status_of({{"If-None-Match", "W/\"3\""}}) == 304);
    CHECK(status_of({{"If-None-Match", "\"3\""}}) == 304);
    CHECK(status_of({{"If-None-Match", "W/\"1\", W/\"3\""}}) == 304);
    CHECK(status_of({{"If-None-Match", "*"}}) == 304);
    CHECK(status_of({{"If-None-Match", "W/\"2\""}}) == 200);
    CHECK(status_of({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}) == 304);
    CHECK(status_of({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}) == 200);
    CHECK(status_of({{"If-Modified-Since", "yesterday"}}) == 200);
    CHECK(status_of({{"If-None-Match", "W/\"2\""}, {"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}) == 200);
    CHECK(status_of({{"If-None-Match", "W/\"3\""}}, 410) == 410);
}

}  // namespace tributary::api
