#include "orchestrator/api/router.hpp"

#include "orchestrator/net/url.hpp"

namespace tributary::api {

namespace {

constexpr std::string_view kEvery = "*";

/// Each decoded once, after the split: an encoded slash separates nothing.
std::vector<std::string> segments(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        auto const slash = path.find('/');
        parts.push_back(net::percent_decode(path.substr(0, slash)));
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return parts;
}

bool is_id(std::string_view segment) {
    return !segment.empty() && segment.front() != '$' && segment.front() != '_' &&
           segment.find('/') == segment.npos;
}

bool fits(
    std::vector<std::string> const& pattern,
    std::vector<std::string> const& path,
    std::vector<std::string>& captures
) {
    if (pattern.size() != path.size()) return false;
    captures.clear();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == "{id}") {
            if (!is_id(path[i])) return false;
            captures.push_back(path[i]);
        } else if (pattern[i] != path[i]) {
            return false;
        }
    }
    return true;
}

bool serves(std::string_view offered, std::string_view method) {
    if (offered == kEvery) return method != "OPTIONS";
    return offered == method || (offered == "GET" && method == "HEAD");
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Handler handler) {
    routes_.push_back(Route{std::move(method), segments(pattern), std::move(handler)});
}

void Router::add_search(std::string const& type, Handler handler) {
    add("GET", type, handler);
    add("POST", type + "/_search", std::move(handler));
}

void Router::refuse(std::string_view pattern, Handler handler) {
    add(std::string(kEvery), pattern, std::move(handler));
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    auto const parts = segments(path);
    std::vector<std::string> captures;
    bool known = false;
    for (Route const& route : routes_) {
        if (!fits(route.pattern, parts, captures)) continue;
        if (serves(route.method, method)) {
            match.handler = &route.handler;
            match.captures = std::move(captures);
            return match;
        }
        known = true;
        if (route.method != kEvery) match.allow.append(route.method).append(", ");
        if (route.method == "GET") match.allow.append("HEAD, ");
    }
    if (known) match.allow.append("OPTIONS");
    return match;
}

}  // namespace tributary::api
