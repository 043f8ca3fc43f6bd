#include "orchestrator/api/conditional_read.hpp"

#include <string_view>

#include "fhir/base/ascii.hpp"
#include "orchestrator/net/http_date.hpp"

namespace tributary::api {

namespace {

/// Without what says that it is weak: the bytes of a version do not matter here.
std::string_view opaque(std::string_view tag) {
    tag = ascii::trim(tag);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

bool lists(std::string_view tags, std::string_view tag) {
    for (;;) {
        auto const comma = tags.find(',');
        auto const one = opaque(tags.substr(0, comma));
        if (one == "*" || one == opaque(tag)) return true;
        if (comma == std::string_view::npos) return false;
        tags.remove_prefix(comma + 1);
    }
}

bool is_unchanged(net::Headers const& asked, net::Headers const& read) {
    if (asked.has("If-None-Match")) return lists(asked.get("If-None-Match"), read.get("ETag"));
    auto const since = net::parse_http_date(asked.get("If-Modified-Since"));
    auto const modified = net::parse_http_date(read.get("Last-Modified"));
    return since && modified && *modified <= *since;
}

}  // namespace

void leave_out_unchanged(net::Headers const& asked, net::ServerResponse& response) {
    if (response.status != 200 || !response.headers.has("ETag")) return;
    if (!is_unchanged(asked, response.headers)) return;
    response.status = 304;
    response.drop_body();
}

}  // namespace tributary::api
