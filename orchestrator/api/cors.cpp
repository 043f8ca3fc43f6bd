#include "orchestrator/api/cors.hpp"

#include <algorithm>

#include "orchestrator/api/response.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::api {

namespace {

bool listed(std::vector<std::string> const& allowed, std::string_view origin) {
    return std::any_of(allowed.begin(), allowed.end(), [&](std::string const& item) {
        return item == "*" || item == origin;
    });
}

}  // namespace

std::vector<std::string> own_origins(std::string_view base) {
    auto url = net::parse_url(base);
    if (!url || url->host == "0.0.0.0" || url->host == "::") return {};
    std::vector<std::string> own{url->origin()};
    if (url->host != "localhost" && url->host != "127.0.0.1" && url->host != "::1") return own;
    url->host = url->host == "localhost" ? "127.0.0.1" : "localhost";
    own.push_back(url->origin());
    return own;
}

bool origin_allowed(
    std::vector<std::string> const& allowed, std::vector<std::string> const& own, std::string_view origin
) {
    if (origin.empty() || listed(allowed, origin)) return true;
    auto const url = net::parse_url(origin);
    return url && std::find(own.begin(), own.end(), url->origin()) != own.end();
}

net::ServerResponse preflight(std::vector<std::string> const& allowed, net::Headers const& request) {
    auto const origin = request.get("Origin");
    if (origin.empty() || !listed(allowed, origin)) {
        return failure_response(
            Failure(Errc::forbidden, "this origin may not call: add it to [server] allowed_origins")
        );
    }
    net::ServerResponse response;
    response.status = 204;
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers.add(
        "Access-Control-Allow-Headers",
        "Accept, Authorization, Cache-Control, Content-Type, If-Match, If-Modified-Since, If-None-Exist, "
        "If-None-Match, Prefer, X-Correlation-Id, X-Medplum, X-Request-Id"
    );
    response.headers.add("Access-Control-Max-Age", "600");
    add_cors(allowed, origin, response.headers);
    return response;
}

void add_cors(std::vector<std::string> const& allowed, std::string_view origin, net::Headers& response) {
    if (!allowed.empty() && !response.has("Vary")) response.add("Vary", "Origin");
    if (origin.empty() || !listed(allowed, origin) || response.has("Access-Control-Allow-Origin")) return;
    bool const any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
    response.add("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
    response.add(
        "Access-Control-Expose-Headers",
        "Content-Location, ETag, Last-Modified, Location, Retry-After, X-Correlation-Id, X-Request-Id"
    );
    if (!any) response.add("Access-Control-Allow-Credentials", "true");
}

}  // namespace tributary::api
