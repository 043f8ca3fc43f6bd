#include "fhir/json/writer.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "orchestrator/api/retrieval_refusal.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::api {

namespace {

enum class Form { raw, fhir };

/// FHIR JSON where Accept or _format names it, unless Accept names the document's own type before it; else the bytes as they are.
/// Source: document-sharing B.3.
Result<Form> choose_form(
    Request const& request,
    std::vector<fhir::search::Parameter> const& parameters,
    std::string const& content_type
) {
    bool const format =
        std::any_of(parameters.begin(), parameters.end(), [](auto const& p) { return p.name == "_format"; });
    if (format) {
        auto const json = accept_json(request.http.headers, parameters);
        if (!json) return json.error();
        return Form::fhir;
    }
    auto const& headers = request.http.headers;
    std::string const bare = content_type.substr(0, content_type.find(';'));
    double const raw = accept_quality(headers, bare);
    bool const fhir = accepts_by_name(headers, "application/fhir+json") && bare != "application/fhir+json";
    bool const rather_raw =
        accepts_by_name(headers, bare) && raw > accept_quality(headers, "application/fhir+json");
    if (fhir && !rather_raw) return Form::fhir;
    if (raw > 0) return Form::raw;
    if (accepts_by_name(headers, "application/json")) return Form::fhir;
    return Failure(
        Errc::not_acceptable,
        "this Binary is " + bare + ": ask for that, for application/fhir+json or for */*"
    );
}

/// Of the representation: other bytes, or another form of them, have another.
std::string bytes_tag(std::string const& sha256, Form form) {
    auto tag = "\"" + sha256.substr(0, 32);
    tag += form == Form::fhir ? "-json\"" : "\"";
    return tag;
}

std::string fhir_binary(std::string const& id, std::string const& content_type, std::string const& bytes) {
    auto binary = fhir::json::object({{"resourceType", "Binary"}, {"id", id}, {"contentType", content_type}});
    if (!bytes.empty()) binary.set("data", base64(bytes));
    return fhir::json::write(binary);
}

void add_safety(net::Headers& headers) {
    headers.add("X-Content-Type-Options", "nosniff");
    headers.add("Content-Security-Policy", "sandbox");
    headers.add("Content-Disposition", "attachment");
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    auto const parameters = read_parameters(request.http);
    if (!parameters) co_return failure_response(parameters.error());
    std::string const id = request.captures.front();
    if (context.settings.retrieve == pipeline::Retrieve::off) {
        auto const content = co_await context.storage.content(request.caller.scope, id);
        if (content && content->presence == cache::Presence::found && content->sha256.empty()) {
            co_return failure_response(
                Failure(Errc::not_found, "documents are not retrieved here: [discovery] retrieve is off")
            );
        }
    }
    auto const deadline = async::Deadline::after(context.clock, context.settings.retrieve_deadline);
    auto body = co_await context.retrievals.fetch(deadline, request.caller.scope, id);
    if (!body) co_return failure_response(retrieval_refusal(body.error()));
    auto const form = choose_form(request, *parameters, body->content_type);
    if (!form) co_return failure_response(form.error());
    net::ServerResponse response(200, *form == Form::fhir ? kFhirJson : body->content_type, "");
    response.headers.add("ETag", bytes_tag(body->sha256, *form));
    if (*form == Form::raw) {
        add_safety(response.headers);
        response.shared_body = body->bytes;
        co_return response;
    }
    // An encoding of 64 MiB is no work for the loop.
    auto make = [body = *body, id] { return fhir_binary(id, body.content_type, *body.bytes); };
    auto content = co_await context.worker.execute(std::move(make), body->bytes->size());
    if (!content)
        co_return failure_response(Failure(content.error(), "too many documents are being served: try again")
        );
    response.body = std::move(*content);
    co_return response;
}

}  // namespace

void add_binary_routes(Router& router, Context const& context) {
    router.add("GET", "Binary/{id}", [&context](Request request) {
        return read(context, std::move(request));
    });
}

}  // namespace tributary::api
