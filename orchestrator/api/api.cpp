#include "orchestrator/api/api.hpp"

#include "orchestrator/api/conditional_read.hpp"
#include "orchestrator/api/cors.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::api {

namespace {

constexpr std::string_view kBase = "/fhir";
constexpr std::string_view kDialect = "R4";  ///< below it, for clients of the JSON dialect (clients 2.4)

net::ServerResponse unknown_path(std::string const& allow, std::string const& method) {
    if (allow.empty()) {
        return failure_response(Failure(
            Errc::not_found, "there is nothing at this path: GET [base]/metadata lists what is offered"
        ));
    }
    auto response = failure_response(Failure(Errc::method, method + " is not offered here: use " + allow));
    response.headers.add("Allow", allow);
    return response;
}

/// To whoever asks what a path takes, and is no page of another origin.
net::ServerResponse offered(std::string const& allow) {
    net::ServerResponse response;
    response.status = 204;
    response.headers.add("Allow", allow);
    return response;
}

void echo(std::string_view name, net::Headers const& request, net::Headers& response) {
    auto const value = request.get(name);
    if (!value.empty() && value.size() <= 200) response.set(name, std::string(value));
}

}  // namespace

Api::Api(Context context) : context_(std::move(context)) {
    add_metadata_routes(router_, context_);
    add_basic_routes(router_, context_);
    add_subscription_routes(router_, context_);
    add_subscription_update_routes(router_, context_);
    add_subscription_history_routes(router_, context_);
    add_subscription_operation_routes(router_, context_);
    add_explain_routes(router_, context_);
    add_subscription_event_routes(router_, context_);
    add_document_reference_routes(router_, context_);
    add_patient_routes(router_, context_);
    add_binary_routes(router_, context_);
}

awaitable<net::ServerResponse> Api::dispatch(net::ServerRequest request) {
    std::string_view path = request.path;
    if (!path.starts_with(kBase) || (path.size() > kBase.size() && path[kBase.size()] != '/'))
        co_return unknown_path("", request.method);
    path.remove_prefix(std::min(path.size(), kBase.size() + 1));
    while (path.ends_with('/')) path.remove_suffix(1);
    if (context_.settings.json_dialect && (path == kDialect || path.starts_with("R4/")))
        path.remove_prefix(std::min(path.size(), kDialect.size() + 1));
    bool const options = request.method == "OPTIONS";
    if (options && request.headers.has("Origin"))
        co_return preflight(context_.settings.allowed_origins, request.headers);
    auto match = router_.match(request.method, path);
    if (options && !match.allow.empty()) co_return offered(match.allow);
    if (match.handler == nullptr) co_return unknown_path(match.allow, request.method);
    Request call;
    call.captures = std::move(match.captures);
    call.caller.origin = request.peer;
    call.http = std::move(request);
    co_return co_await (*match.handler)(std::move(call));
}

awaitable<net::ServerResponse> Api::handle(net::ServerRequest request) {
    net::Headers const asked = request.headers;
    bool const reads = request.method == "GET" || request.method == "HEAD";
    net::ServerResponse response;
    std::exception_ptr bug;
    try {
        response = co_await dispatch(std::move(request));
    } catch (...) {
        bug = std::current_exception();
    }
    if (bug && async::is_cancellation(bug)) std::rethrow_exception(bug);
    if (bug) {
        context_.logger.bug("request", bug);
        response = failure_response(Failure(Errc::bug, "a fault of the server: see its log"));
    }
    if (reads) leave_out_unchanged(asked, response);
    echo("X-Request-Id", asked, response.headers);
    echo("X-Correlation-Id", asked, response.headers);
    if (!response.headers.has("X-Request-Id")) response.headers.add("X-Request-Id", request_uuid());
    add_cors(context_.settings.allowed_origins, asked.get("Origin"), response.headers);
    co_return response;
}

net::ServerResponse Api::error_page(Failure const& failure) const { return failure_response(failure); }

}  // namespace tributary::api
