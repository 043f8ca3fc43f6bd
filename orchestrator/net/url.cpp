#include "orchestrator/net/url.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/ip/address.hpp>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

namespace {

Failure malformed(std::string detail) { return {Errc::malformed, std::move(detail)}; }

std::uint16_t default_port(std::string_view scheme) {
    return scheme == "https" || scheme == "wss" ? 443 : 80;
}

/// "http" of "http://…", "" where the text does not begin with a scheme.
std::string_view scheme_of(std::string_view text) {
    if (text.empty() || !ascii::is_letter(text.front())) return {};
    for (std::size_t i = 1; i < text.size(); ++i) {
        char const c = text[i];
        if (c == ':') return text.substr(0, i);
        if (!ascii::is_letter(c) && !ascii::is_digit(c) && c != '+' && c != '-' && c != '.') return {};
    }
    return {};
}

/// True where some resolver would read the name as a number: its last label is decimal, octal or hexadecimal.
bool looks_numeric(std::string_view host) {
    auto const dot = host.rfind('.');
    std::string_view const last = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (last.empty()) return false;
    if (std::all_of(last.begin(), last.end(), ascii::is_digit)) return true;
    return last.size() >= 2 && last[0] == '0' && last[1] == 'x';
}

bool is_dotted_quad(std::string_view host) {
    int parts = 0;
    while (true) {
        auto const dot = host.find('.');
        std::string_view const part = host.substr(0, dot);
        if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), ascii::is_digit))
            return false;
        if (part.size() > 1 && part.front() == '0') return false;
        int value = 0;
        std::from_chars(part.data(), part.data() + part.size(), value);
        if (value > 255) return false;
        ++parts;
        if (dot == std::string_view::npos) return parts == 4;
        host.remove_prefix(dot + 1);
    }
}

Result<std::string> parse_host_name(std::string_view text) {
    std::string host = ascii::lower(text);
    if (host.size() > 1 && host.back() == '.') host.pop_back();
    if (host.empty()) return malformed("the URL has no host");
    bool const clean = std::all_of(host.begin(), host.end(), [](char c) {
        return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_';
    });
    if (!clean) return malformed("the host has characters that no host name has");
    if (host.front() == '.' || host.find("..") != std::string::npos) {
        return malformed("the host has an empty label");
    }
    if (looks_numeric(host) && !is_dotted_quad(host)) {
        return malformed("write the host as a name or as four decimal numbers without leading zeros");
    }
    return host;
}

Result<std::string> parse_ipv6(std::string_view text) {
    boost::system::error_code code;
    auto const address = boost::asio::ip::make_address_v6(std::string(text), code);
    if (code || address.scope_id() != 0) return malformed("between [ and ] stands no IPv6 address");
    return address.to_string();
}

/// Sets host and port of `url`.
Result<void> parse_authority(std::string_view authority, Url& url) {
    if (authority.find('@') != std::string_view::npos) {
        return malformed("a URL with user name or password is not accepted");
    }
    std::string_view port;
    Result<std::string> host = malformed("the URL has no host");
    if (!authority.empty() && authority.front() == '[') {
        auto const end = authority.find(']');
        if (end == std::string_view::npos) return malformed("the IPv6 address lacks its ]");
        host = parse_ipv6(authority.substr(1, end - 1));
        port = authority.substr(end + 1);
    } else {
        auto const colon = authority.find(':');
        host = parse_host_name(authority.substr(0, colon));
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (!host) return host.error();
    url.host = std::move(*host);
    url.port = default_port(url.scheme);
    if (port.empty() || port == ":") return {};
    auto const digits = port.substr(1);
    unsigned value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    bool const whole = port.front() == ':' && error == std::errc() && end == digits.data() + digits.size();
    if (!whole || value == 0 || value > 65535) return malformed("the port is no number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(value);
    return {};
}

void append_escape(std::string& out, unsigned char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += '%';
    out += digits[c >> 4U];
    out += digits[c & 15U];
}

/// Path and query as written; only what cannot stand in a request line is escaped.
std::string as_target(std::string_view text) {
    text = text.substr(0, text.find('#'));
    std::string target;
    if (text.empty() || text.front() != '/') target = "/";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte == ' ' || byte >= 0x80) {
            append_escape(target, byte);
        } else {
            target += c;
        }
    }
    return target;
}

bool has_forbidden(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || c == '\\';
    });
}

/// RFC 3986 5.2.4; `path` begins with a slash.
std::string remove_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        auto const end = std::min(path.find('/', 1), path.size());
        std::string_view const segment = path.substr(0, end);
        path.remove_prefix(end);
        bool const last = path.empty();
        if (segment == "/." || segment == "/..") {
            if (segment == "/..") out.erase(std::min(out.rfind('/'), out.size()));
            if (last) out += '/';
        } else {
            out += segment;
        }
    }
    return out.empty() ? "/" : out;
}

std::string_view path_of(Url const& url) {
    return std::string_view(url.target).substr(0, url.target.find('?'));
}

/// RFC 3986 5.2.2, where `folder` is the part of the base's path to which a relative reference is appended.
Result<Url> resolve_in(Url const& base, std::string const& folder, std::string_view reference) {
    if (has_forbidden(reference)) return malformed("the URL has a control character or a backslash");
    if (!scheme_of(reference).empty()) return parse_url(reference);
    if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
    reference = reference.substr(0, reference.find('#'));
    Url url = base;
    if (reference.empty()) return url;
    if (reference.front() == '?') {
        url.target = as_target(std::string(path_of(base)) + std::string(reference));
        return url;
    }
    auto const query = std::min(reference.find('?'), reference.size());
    std::string path(reference.substr(0, query));
    if (path.front() != '/') path.insert(0, folder);
    url.target = as_target(remove_dot_segments(path) + std::string(reference.substr(query)));
    return url;
}

}  // namespace

std::string Url::authority() const {
    std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(scheme)) text += ":" + std::to_string(port);
    return text;
}

std::string Url::origin() const { return scheme + "://" + authority(); }

Result<Url> parse_url(std::string_view text) {
    if (has_forbidden(text)) return malformed("the URL has a control character or a backslash");
    Url url;
    url.scheme = ascii::lower(scheme_of(text));
    if (url.scheme.empty()) return malformed("the URL is not absolute: it begins with no scheme");
    bool const known =
        url.scheme == "http" || url.scheme == "https" || url.scheme == "ws" || url.scheme == "wss";
    if (!known) return malformed("the scheme is none of http, https, ws and wss");
    text.remove_prefix(url.scheme.size() + 1);
    if (!text.starts_with("//")) return malformed("after the scheme // is missing");
    text.remove_prefix(2);
    auto const end = std::min(text.find_first_of("/?#"), text.size());
    if (auto parsed = parse_authority(text.substr(0, end), url); !parsed) return parsed.error();
    url.target = as_target(text.substr(end));
    return url;
}

Result<Url> resolve(Url const& base, std::string_view reference) {
    std::string folder(path_of(base));
    if (!folder.ends_with('/')) folder += '/';
    return resolve_in(base, folder, reference);
}

Result<Url> resolve_location(Url const& from, std::string_view location) {
    std::string_view const path = path_of(from);
    return resolve_in(from, std::string(path.substr(0, path.rfind('/') + 1)), location);
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            append_escape(out, static_cast<unsigned char>(c));
        }
    }
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            int const high = ascii::hex_value(text[i + 1]);
            int const low = ascii::hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

}  // namespace tributary::net
