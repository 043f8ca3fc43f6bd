#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/json/value.hpp"
#include "fhir/search/parameter.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/net/http_message.hpp"
#include "orchestrator/net/http_server.hpp"

namespace tributary::api {

using boost::asio::awaitable;

/// On whose behalf a request is handled. Today: everyone, scope "". `origin`: whom to serve in turn where nothing better is known.
struct Caller {
    std::string scope;
    std::string origin;
};

/// One request to [base], as the handlers see it. A value.
struct Request {
    Request() = default;
    net::ServerRequest http;
    Caller caller;
    std::vector<std::string> captures;  ///< what stood for {…} in the route
};

enum class Return { representation, minimal, outcome };

/// Prefer: return=…; anything else counts as representation.
Return preferred_return(net::Headers const& headers);
/// Prefer: handling=strict.
bool strict_handling(net::Headers const& headers);

/// May the answer be FHIR JSON, by Accept and _format? Errors: not_acceptable, with what is offered. `parameters`: of the query.
Result<void> accept_json(net::Headers const& headers, std::vector<fhir::search::Parameter> const& parameters);
/// The same for a request whose body is no form: what writes asks this before anything is stored. Errors: malformed, not_acceptable.
Result<void> check_accept(net::ServerRequest const& request);
/// The same for the read of one resource, where a format that FHIR does not have is a bad request (400); XML and Turtle are formats that we have not (406).
/// Source: document-sharing A.1 and C.4.13. Errors: malformed, not_acceptable, unknown_parameter.
Result<void> check_read_accept(net::ServerRequest const& request);
/// The version that If-Match names; empty: none, or any. Errors: precondition when it names no version of ours.
Result<std::optional<std::uint64_t>> read_if_match(net::Headers const& headers);
/// The q value with which Accept takes this media type, 0: not at all; 1 where there is no Accept.
double accept_quality(net::Headers const& headers, std::string_view media_type);
/// Takes the media type by name, not by a wildcard.
bool accepts_by_name(net::Headers const& headers, std::string_view media_type);

/// The resource in the body. Errors: media_type, malformed (with line), too_deep, duplicate_key; invalid when it is another type.
Result<fhir::json::Value> read_resource(net::ServerRequest const& request, std::string_view type);
/// The same, on the worker where the body is large. `request` and `type` outlive the call. Deadline: none. Cancellation: terminal, nothing remains.
/// Errors also: throttled.
awaitable<Result<fhir::json::Value>> read_resource(
    async::Worker& worker, net::ServerRequest const& request, std::string_view type
);
/// Query and form body together. Errors: malformed, media_type.
Result<std::vector<fhir::search::Parameter>> read_parameters(net::ServerRequest const& request);
/// The same of a request whose answer is FHIR JSON. Errors also: not_acceptable.
Result<std::vector<fhir::search::Parameter>> read_query(net::ServerRequest const& request);
/// The same, on the worker where the form is large. `request` outlives the call. Deadline: none. Cancellation: terminal, nothing remains.
/// Errors also: throttled.
awaitable<Result<std::vector<fhir::search::Parameter>>> read_query(
    async::Worker& worker, net::ServerRequest const& request
);

/// Takes a parameter out of the list; its values in order, those of repeated ones together.
std::vector<std::string> take(std::vector<fhir::search::Parameter>& parameters, std::string_view name);

}  // namespace tributary::api
