#include "orchestrator/config/origins.hpp"

#include "orchestrator/net/url.hpp"

namespace tributary::config {

std::string read_page_origin(std::string const& text) {
    if (text == "*") return text;
    std::string origin = text;
    if (origin.ends_with('/')) origin.pop_back();
    auto const scheme = origin.find("://");
    if (scheme == std::string::npos || scheme == 0 || scheme + 3 == origin.size()) return "";
    if (origin.find_first_of("/?#*@ ", scheme + 3) != std::string::npos) return "";
    auto const url = net::parse_url(origin);
    if (url) return url->scheme == "http" || url->scheme == "https" ? url->origin() : "";
    std::string const name = origin.substr(0, scheme);
    bool const of_the_web = name.starts_with("http") || name.starts_with("HTTP");
    return of_the_web ? "" : origin;
}

std::string read_origin(std::string const& origin) {
    auto const url = net::parse_url(origin);
    return url && url->target == "/" ? url->origin() : "";
}

std::string read_host(std::string const& host) {
    bool const address = host.find(':') != std::string::npos && host.front() != '[';
    auto const url = net::parse_url("https://" + (address ? "[" + host + "]" : host));
    bool const alone = host.find_first_of("/?#") == std::string::npos && host.find("]:") == std::string::npos;
    return url && alone ? url->host : "";
}

}  // namespace tributary::config
