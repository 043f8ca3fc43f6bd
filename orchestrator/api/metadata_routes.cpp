#include "fhir/search/document_search.hpp"
#include "orchestrator/api/handlers.hpp"
#include "orchestrator/api/response.hpp"
#include "subscriptions/subscription_search.hpp"
#include "subscriptions/topics.hpp"

namespace tributary::api {

namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

constexpr char kBackport[] = "http://hl7.org/fhir/uv/subscriptions-backport";

std::string backport(std::string_view path) { return std::string(kBackport) + '/' + std::string(path); }

Value interactions(std::initializer_list<char const*> codes) {
    std::vector<Value> items;
    for (char const* code : codes) items.push_back(object({{"code", code}}));
    return array(std::move(items));
}

Value search_parameters(std::vector<fhir::search::Definition> const& definitions) {
    std::vector<Value> items;
    for (auto const& definition : definitions) {
        auto item = object({{"name", Value(definition.name)}});
        if (!definition.url.empty()) item.set("definition", Value(definition.url));
        item.set("type", Value(definition.type));
        items.push_back(std::move(item));
    }
    return array(std::move(items));
}

Value subscription_resource(Context const& context) {
    std::vector<Value> topics;
    for (auto const& topic : subscriptions::topics(context.settings.canonical_base)) {
        topics.push_back(object(
            {{"url", backport("StructureDefinition/capabilitystatement-subscriptiontopic-canonical")},
             {"valueCanonical", topic.canonical}}
        ));
    }
    auto const operation = [](std::string const& name) {
        return object(
            {{"name", name}, {"definition", backport("OperationDefinition/backport-subscription-" + name)}}
        );
    };
    return object({
        {"extension", array(std::move(topics))},
        {"type", "Subscription"},
        {"supportedProfile", array({backport("StructureDefinition/backport-subscription")})},
        {"documentation",
         "Channels: rest-hook and websocket. Classic criteria (DocumentReference?patient.given=…) and "
         "topics, those of DSUBm over rest-hook only, with content empty, id-only or "
         "full-resource. With strict acceptance a Patient of a partner must equal the demographics asked "
         "for, which is narrower than a search. With the extension " +
             context.settings.canonical_base +
             "/StructureDefinition/notify-progress true, Events tell how the Discovery goes, too: their "
             "focus is a "
             "Basic."},
        {"interaction",
         interactions({"read", "vread", "create", "update", "delete", "history-instance", "search-type"})},
        {"versioning", "versioned-update"},
        {"readHistory", true},
        {"updateCreate", false},
        {"conditionalCreate", true},
        {"searchParam", search_parameters(subscriptions::search_parameters())},
        {"operation", array({operation("status"), operation("events"), operation("get-ws-binding-token")})},
    });
}

Value searched_resource(
    char const* type, std::vector<fhir::search::Definition> const& definitions, char const* documentation
) {
    return object({
        {"type", type},
        {"documentation", documentation},
        {"interaction", interactions({"read", "search-type"})},
        {"searchParam", search_parameters(definitions)},
    });
}

Value capability_statement(Context const& context) {
    auto const websocket = object(
        {{"url", "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"},
         {"valueUri", context.settings.websocket_url}}
    );
    auto rest = object({
        {"extension", array({websocket})},
        {"mode", "server"},
        {"resource",
         array(
             {subscription_resource(context),
              searched_resource(
                  "Basic",
                  {{"code", "token", "http://hl7.org/fhir/SearchParameter/clinical-code"},
                   {"_id", "token", "http://hl7.org/fhir/SearchParameter/Resource-id"},
                   {"url", "uri", ""},
                   {"status", "token", ""},
                   {"resource", "uri", ""},
                   {"derived-or-self", "uri", ""}},
                  "The topics, as R4 shows them: code=http://hl7.org/fhir/fhir-types|SubscriptionTopic. By "
                  "its id, "
                  "how a Discovery goes, as a progress notification names it."
              ),
              searched_resource(
                  "DocumentReference",
                  fhir::search::document_reference_parameters(),
                  "Documents found at partner communities. A search starts no Discovery; an OperationOutcome "
                  "entry says how complete the answer is."
              ),
              searched_resource(
                  "Patient",
                  fhir::search::patient_parameters(),
                  "Patients that partners returned and that were accepted."
              ),
              object(
                  {{"type", "Binary"},
                   {"documentation",
                    "The bytes of documents: raw, or as FHIR JSON by Accept. What is not here yet is "
                    "retrieved on demand."},
                   {"interaction", interactions({"read"})}}
              )}
         )},
    });
    return object({
        {"resourceType", "CapabilityStatement"},
        {"status", "active"},
        {"date", "2026-11-21"},
        {"kind", "instance"},
        {"software", object({{"name", "Tributary"}, {"version", context.settings.version}})},
        {"implementation",
         object({{"description", "Asynchronous FHIR Subscription middleware"}, {"url", context.settings.base}}
         )},
        {"instantiates", array({backport("CapabilityStatement/backport-subscription-server-r4")})},
        {"implementationGuide", array({backport("ImplementationGuide/hl7.fhir.uv.subscriptions-backport")})},
        {"fhirVersion", "4.0.1"},
        {"format", array({"application/fhir+json", "json"})},
        {"rest", array({std::move(rest)})},
    });
}

awaitable<net::ServerResponse> read(Context const& context, Request request) {
    if (auto const json = check_accept(request.http); !json) co_return failure_response(json.error());
    co_return resource_response(200, capability_statement(context));
}

}  // namespace

void add_metadata_routes(Router& router, Context const& context) {
    router.add("GET", "metadata", [&context](Request request) { return read(context, std::move(request)); });
}

}  // namespace tributary::api
