#include "orchestrator/net/http_message.hpp"

#include "orchestrator/net/response_head.hpp"
#include "tests/support/catch.hpp"

namespace tributary::net {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("fields are found whatever the case of their name", "[http_message]") {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("content-type", "b");
    headers.add("X", "");
    CHECK(headers.get("CONTENT-TYPE") == "a");
    CHECK(headers.has("x"));
    CHECK_FALSE(headers.has("Content-Typ"));
    headers.set("CONTENT-type", "c");
    CHECK(headers.size() == 2);
    CHECK(headers.get("content-type") == "c");
}

TEST_CASE("no field of a response can begin another", "[http_message]") {
    ServerResponse response(200, "text/plain", "abc");
    response.headers.add("X-Evil", "a\r\nSet-Cookie: b");
    response.headers.add("X Evil", "c");
    response.headers.add("Content-Length", "99");
    response.headers.add("X-Good", "d");
    auto const head = response_head(response, false, std::chrono::system_clock::from_time_t(0));
    CHECK_THAT(head, ContainsSubstring("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(head, ContainsSubstring("\r\nX-Good: d\r\n"));
    CHECK_THAT(head, ContainsSubstring("\r\nContent-Length: 3\r\n"));
    CHECK_THAT(head, ContainsSubstring("\r\nConnection: close\r\n\r\n"));
    CHECK_THAT(head, !ContainsSubstring("Evil"));
    CHECK_THAT(head, !ContainsSubstring("99"));
    ServerResponse const nothing(204, "text/plain", "");
    CHECK_THAT(response_head(nothing, true, {}), !ContainsSubstring("Content-Length"));
}

}  // namespace tributary::net
