#include "subscriptions/topic_resource.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

/// An extension with its parts: a complex element of R5's SubscriptionTopic.
Value parts_of(std::string_view element, std::vector<Value> parts) {
    return object(
        {{"extension", array(std::move(parts))},
         {"url",
          "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic." + std::string(element)}}
    );
}
Value element(std::string_view name, std::string_view type, std::string_view value) {
    return object(
        {{"url",
          "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic." + std::string(name)},
         {std::string(type), value}}
    );
}
Value part(std::string_view name, std::string_view type, std::string_view value) {
    return object({{"url", name}, {std::string(type), value}});
}

Value resource_trigger(Topic const& topic) {
    std::vector<Value> parts{
        part("description", "valueMarkdown", topic.trigger_description),
        part("resource", "valueUri", topic.resource),
        part("supportedInteraction", "valueCode", "create")
    };
    if (topic.trigger != Trigger::created) {
        parts.push_back(part("supportedInteraction", "valueCode", "update"));
        parts.push_back(part("supportedInteraction", "valueCode", "delete"));
    }
    if (topic.trigger == Trigger::status_changed)
        parts.push_back(part("fhirPathCriteria", "valueString", "%previous.status != %current.status"));
    return parts_of("resourceTrigger", std::move(parts));
}

}  // namespace

Value basic_topic(Topic const& topic) {
    // Filters and shape name the resource as the topic's own definition does: ours by its type, DSUBm's by its profile.
    std::string_view const resource = topic.ihe ? topic.resource : "DocumentReference";
    std::vector<Value> extensions{
        element("url", "valueUri", topic.canonical), element("version", "valueString", topic.version)
    };
    if (!topic.name.empty()) extensions.push_back(element("name", "valueString", topic.name));
    extensions.push_back(element("title", "valueString", topic.title));
    if (!topic.date.empty()) extensions.push_back(element("date", "valueDateTime", topic.date));
    extensions.push_back(element("description", "valueMarkdown", topic.description));
    extensions.push_back(resource_trigger(topic));
    for (auto const& filter : topic.filters) {
        extensions.push_back(parts_of(
            "canFilterBy",
            {part("description", "valueMarkdown", filter.description),
             part("resource", "valueUri", resource),
             part("filterParameter", "valueString", filter.name)}
        ));
    }
    extensions.push_back(parts_of(
        "notificationShape",
        {part("resource", "valueUri", resource), part("include", "valueString", "DocumentReference:subject")}
    ));
    auto const coding = object({{"system", "http://hl7.org/fhir/fhir-types"}, {"code", "SubscriptionTopic"}});
    return object(
        {{"resourceType", "Basic"},
         {"id", topic.id},
         {"extension", array(std::move(extensions))},
         {"modifierExtension", array({element("status", "valueCode", "active")})},
         {"code", object({{"coding", array({coding})}})}}
    );
}

}  // namespace tributary::subscriptions
