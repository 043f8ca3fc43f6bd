#include "orchestrator/api/request.hpp"

#include <algorithm>
#include <charconv>

#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "orchestrator/async/run_by_size.hpp"

namespace tributary::api {

namespace {

/// A value of Prefer is a word, in quotes or without. Source: RFC 7240 2
constexpr std::string_view kAroundWord = " \t\"";

/// The reader takes U+0000 for U+FFFD: of a partner better than nothing, of a client a value that it did not write.
bool has_nul(std::string_view json) {
    constexpr std::string_view kEscape = "\\u0000";
    for (auto at = json.find(kEscape); at != json.npos; at = json.find(kEscape, at + 1)) {
        auto const before = json.substr(0, at).find_last_not_of('\\');
        auto const backslashes = at - (before == json.npos ? 0 : before + 1);
        if (backslashes % 2 == 0) return true;
    }
    return false;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        auto const at = text.find(separator);
        parts.push_back(ascii::trim(text.substr(0, at)));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

struct MediaRange {
    std::string type;
    double quality = 1;
};

std::vector<MediaRange> accepted(net::Headers const& headers) {
    std::vector<MediaRange> ranges;
    for (auto const& [name, value] : headers) {
        if (ascii::lower(name) != "accept") continue;
        for (auto const item : split(value, ',')) {
            auto const parts = split(item, ';');
            if (parts.front().empty()) continue;
            MediaRange range{ascii::lower(parts.front()), 1};
            for (auto const part : parts) {
                if (part.starts_with("q="))
                    std::from_chars(part.data() + 2, part.data() + part.size(), range.quality);
            }
            ranges.push_back(std::move(range));
        }
    }
    return ranges;
}

/// How closely the range names the type: 3 exactly, 2 by type/*, 1 by */*, 0 not.
int closeness(std::string_view range, std::string_view type) {
    if (range == type) return 3;
    if (range == "*/*") return 1;
    bool const by_type =
        range.ends_with("/*") && type.substr(0, type.find('/')) == range.substr(0, range.size() - 2);
    return by_type ? 2 : 0;
}

std::string preference(net::Headers const& headers, std::string_view name) {
    for (auto const& [field, value] : headers) {
        if (ascii::lower(field) != "prefer") continue;
        for (auto const list : split(value, ',')) {
            for (auto const item : split(list, ';')) {
                auto const equals = item.find('=');
                if (equals != std::string_view::npos &&
                    ascii::lower(ascii::trim(item.substr(0, equals))) == name)
                    return ascii::lower(ascii::trim(item.substr(equals + 1), kAroundWord));
            }
        }
    }
    return {};
}

std::string media_type(net::Headers const& headers) {
    auto const value = headers.get("Content-Type");
    return ascii::lower(ascii::trim(value.substr(0, value.find(';'))));
}

bool is_json(std::string_view type) {
    return type == "application/fhir+json" || type == "application/json" || type == "text/json" ||
           type == "json";
}

}  // namespace

Return preferred_return(net::Headers const& headers) {
    auto const wish = preference(headers, "return");
    if (wish == "minimal") return Return::minimal;
    return wish == "operationoutcome" ? Return::outcome : Return::representation;
}

bool strict_handling(net::Headers const& headers) { return preference(headers, "handling") == "strict"; }

double accept_quality(net::Headers const& headers, std::string_view type) {
    auto const ranges = accepted(headers);
    if (ranges.empty()) return 1;
    int nearest = 0;
    double quality = 0;
    for (auto const& range : ranges) {
        auto const near = closeness(range.type, type);
        if (near > nearest) {
            nearest = near;
            quality = range.quality;
        }
    }
    return quality;
}

bool accepts_by_name(net::Headers const& headers, std::string_view type) {
    auto const ranges = accepted(headers);
    return std::any_of(ranges.begin(), ranges.end(), [&](MediaRange const& range) {
        return range.type == type && range.quality > 0;
    });
}

Result<void> accept_json(
    net::Headers const& headers, std::vector<fhir::search::Parameter> const& parameters
) {
    for (auto const& parameter : parameters) {
        if (parameter.name != "_format" || parameter.values.empty()) continue;
        auto format = ascii::lower(parameter.values.front());
        std::replace(format.begin(), format.end(), ' ', '+');  // an unescaped plus
        if (is_json(ascii::trim(std::string_view(format).substr(0, format.find(';'))))) return {};
        return Failure(Errc::not_acceptable, "_format=" + format + " is not offered: ask for json");
    }
    double const best = std::max(
        accept_quality(headers, "application/fhir+json"), accept_quality(headers, "application/json")
    );
    if (best > 0) return {};
    return Failure(Errc::not_acceptable, "only application/fhir+json is offered: add it to Accept");
}

Result<void> check_accept(net::ServerRequest const& request) {
    auto const parameters = fhir::search::parse_query(request.query);
    if (!parameters) return parameters.error();
    return accept_json(request.headers, *parameters);
}

Result<void> check_read_accept(net::ServerRequest const& request) {
    auto const checked = check_accept(request);
    if (checked || checked.error().errc() != Errc::not_acceptable) return checked;
    auto const asked = ascii::lower(request.query) + ascii::lower(request.headers.get("Accept"));
    for (std::string_view const format : {"xml", "turtle", "ttl"}) {
        if (asked.find(format) != std::string::npos) return checked;
    }
    return Failure(Errc::unknown_parameter, checked.error().detail());
}

Result<std::optional<std::uint64_t>> read_if_match(net::Headers const& headers) {
    auto tag = ascii::trim(headers.get("If-Match"));
    if (tag.empty() || tag == "*") return std::optional<std::uint64_t>();
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    std::uint64_t version = 0;
    auto const [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
    if (error != std::errc() || end != tag.data() + tag.size())
        return Failure(Errc::precondition, "If-Match names no version: write the ETag of a read, W/\"1\"");
    return std::optional(version);
}

Result<fhir::json::Value> read_resource(net::ServerRequest const& request, std::string_view type) {
    if (!is_json(media_type(request.headers))) {
        return Failure(Errc::media_type, "the body must be application/fhir+json: set Content-Type");
    }
    auto const content_type = ascii::lower(request.headers.get("Content-Type"));
    auto const version = content_type.find("fhirversion=");
    if (version != std::string::npos && content_type.compare(version + 12, 3, "4.0") != 0) {
        return Failure(Errc::media_type, "only FHIR version 4.0 (R4) is offered");
    }
    if (request.body.empty())
        return Failure(Errc::malformed, "the body is empty: send a " + std::string(type));
    auto resource = fhir::json::read(request.body);
    if (!resource) return resource.error();
    if (has_nul(request.body))
        return Failure(Errc::value, "a string has the character U+0000, which FHIR forbids: leave it out");
    auto const found = resource->text("resourceType");
    if (found != type) {
        std::string const what =
            found.empty() ? "resourceType is missing"
                          : "a " + std::string(type) + " is expected here, not another resourceType";
        return Failure(Errc::invalid, what).at("resourceType");
    }
    return resource;
}

awaitable<Result<fhir::json::Value>> read_resource(
    async::Worker& worker, net::ServerRequest const& request, std::string_view type
) {
    auto work = [&request, type] { return read_resource(request, type); };
    co_return co_await async::run_by_size(worker, request.body.size(), std::move(work));
}

Result<std::vector<fhir::search::Parameter>> read_parameters(net::ServerRequest const& request) {
    auto parameters = fhir::search::parse_query(request.query);
    if (!parameters || request.method != "POST" || request.body.empty()) return parameters;
    if (media_type(request.headers) != "application/x-www-form-urlencoded") {
        return Failure(Errc::media_type, "the body of _search must be application/x-www-form-urlencoded");
    }
    auto form = fhir::search::parse_query(request.body);
    if (!form) return form;
    parameters->insert(parameters->end(), form->begin(), form->end());
    return parameters;
}

Result<std::vector<fhir::search::Parameter>> read_query(net::ServerRequest const& request) {
    auto parameters = read_parameters(request);
    if (!parameters) return parameters;
    if (auto const json = accept_json(request.headers, *parameters); !json) return json.error();
    return parameters;
}

awaitable<Result<std::vector<fhir::search::Parameter>>> read_query(
    async::Worker& worker, net::ServerRequest const& request
) {
    auto work = [&request] { return read_query(request); };
    co_return co_await async::run_by_size(worker, request.body.size(), std::move(work));
}

std::vector<std::string> take(std::vector<fhir::search::Parameter>& parameters, std::string_view name) {
    std::vector<std::string> values;
    for (auto it = parameters.begin(); it != parameters.end();) {
        if (it->name != name) {
            ++it;
            continue;
        }
        values.insert(values.end(), it->values.begin(), it->values.end());
        it = parameters.erase(it);
    }
    return values;
}

}  // namespace tributary::api
