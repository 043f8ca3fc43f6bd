#include "examples/partner-simulator/resources.hpp"

#include <utility>

#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

Value to_concept(Coding const& coding) {
    auto value = object({{"system", coding.system}, {"code", coding.code}, {"display", coding.display}});
    return object({{"coding", array({std::move(value)})}, {"text", coding.display}});
}

std::string attachment_url(Content const& content, std::string_view base) {
    auto const relative = "Binary/" + content.binary_id;
    return content.delivery == Delivery::absolute_url ? std::string(base) + "/" + relative : relative;
}

Value to_content(Content const& content, Document const& document, std::string_view base) {
    auto attachment = object({{"contentType", content.content_type}});
    if (content.delivery == Delivery::inline_data) {
        attachment.set("data", base64(content.bytes.text()));
    } else {
        attachment.set("url", attachment_url(content, base));
    }
    if (content.tells_digest) {
        auto const& digest = content.bytes.sha1();
        attachment.set("size", content.bytes.size());
        attachment.set("hash", base64({reinterpret_cast<char const*>(digest.data()), digest.size()}));
    }
    attachment.set("title", document.title);
    if (!document.creation.empty()) attachment.set("creation", document.creation);
    return object({{"attachment", std::move(attachment)}});
}

Value to_identifier(Identifier const& identifier) {
    return object({{"system", identifier.system}, {"value", identifier.value}});
}

Value to_name(std::string_view use, std::vector<std::string> const& givens, std::string_view family) {
    auto given = array();
    for (auto const& name : givens) given.push(name);
    auto name = object({{"use", use}, {"family", family}});
    if (!givens.empty()) name.set("given", std::move(given));
    return name;
}

Value to_address(Address const& address) {
    return object({
        {"line", array({address.line})},
        {"city", address.city},
        {"state", address.state},
        {"postalCode", address.postal_code},
    });
}

Value search_parameter(char const* name, char const* type) {
    return object({{"name", name}, {"type", type}});
}

Value searched_resource(char const* type, std::vector<Value> parameters) {
    auto read = object({{"code", "read"}}), search = object({{"code", "search-type"}});
    auto interactions = array({std::move(read), std::move(search)});
    return object(
        {{"type", type},
         {"interaction", std::move(interactions)},
         {"searchParam", array(std::move(parameters))}}
    );
}

/// What the family offers beyond a search.
void add_operation(Value& patient, Family family) {
    constexpr char kMatch[] = "http://hl7.org/fhir/OperationDefinition/Patient-match";
    constexpr char kPix[] = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix";
    if (family == Family::epic)
        patient.set("operation", array({object({{"name", "match"}, {"definition", kMatch}})}));
    if (family == Family::ihe)
        patient.set("operation", array({object({{"name", "ihe-pix"}, {"definition", kPix}})}));
}

}  // namespace

Value capability_statement(Community const& community, std::string_view base) {
    auto const space = community.software.rfind(' ');
    auto software = object(
        {{"name", community.software.substr(0, space)}, {"version", community.software.substr(space + 1)}}
    );
    auto patient = searched_resource(
        "Patient",
        {search_parameter("_id", "token"),
         search_parameter("identifier", "token"),
         search_parameter("given", "string"),
         search_parameter("family", "string"),
         search_parameter("name", "string"),
         search_parameter("birthdate", "date"),
         search_parameter("gender", "token"),
         search_parameter("active", "token")}
    );
    add_operation(patient, community.behaviour.family);
    auto document = searched_resource(
        "DocumentReference",
        {search_parameter("_id", "token"),
         search_parameter("patient", "reference"),
         search_parameter("status", "token"),
         search_parameter("type", "token"),
         search_parameter("category", "token"),
         search_parameter("date", "date"),
         search_parameter("identifier", "token")}
    );
    auto read = object({{"code", "read"}});
    auto binary = object({{"type", "Binary"}, {"interaction", array({std::move(read)})}});
    auto rest = object(
        {{"mode", "server"}, {"resource", array({std::move(patient), std::move(document), std::move(binary)})}
        }
    );
    auto implementation = object({{"description", community.name}, {"url", base}});
    return object({
        {"resourceType", "CapabilityStatement"},
        {"status", "active"},
        {"date", "2026-01-01"},
        {"kind", "instance"},
        {"software", std::move(software)},
        {"implementation", std::move(implementation)},
        {"fhirVersion", "4.0.1"},
        {"format", array({"application/fhir+json"})},
        {"rest", array({std::move(rest)})},
    });
}

Value to_resource(Patient const& patient) {
    auto identifiers = array(), names = array({to_name("official", patient.given, patient.family)});
    for (auto const& identifier : patient.identifiers) identifiers.push(to_identifier(identifier));
    for (auto const& name : patient.other_names) names.push(to_name(name.use, name.given, name.family));
    auto resource = object({
        {"resourceType", "Patient"},
        {"id", patient.id},
        {"identifier", std::move(identifiers)},
        {"active", true},
        {"name", std::move(names)},
    });
    if (!patient.gender.empty()) resource.set("gender", patient.gender);
    if (!patient.birth_date.empty()) resource.set("birthDate", patient.birth_date);
    if (!patient.address.line.empty()) resource.set("address", array({to_address(patient.address)}));
    return resource;
}

Value to_resource(Community const& community, Document const& document, std::string_view base) {
    auto const& updated = document.last_updated.empty() ? document.date : document.last_updated;
    auto meta = object({{"versionId", std::to_string(document.version)}, {"lastUpdated", updated}});
    auto resource =
        object({{"resourceType", "DocumentReference"}, {"id", document.id}, {"meta", std::move(meta)}});
    if (!document.master_identifier.value.empty())
        resource.set("masterIdentifier", to_identifier(document.master_identifier));
    if (!document.identifiers.empty()) {
        auto identifiers = array();
        for (auto const& identifier : document.identifiers) identifiers.push(to_identifier(identifier));
        resource.set("identifier", std::move(identifiers));
    }
    resource.set("status", document.status);
    resource.set("type", to_concept(document.type));
    resource.set("category", array({to_concept(document.category)}));
    resource.set("subject", object({{"reference", "Patient/" + document.patient_id}}));
    resource.set("date", document.date);
    resource.set("custodian", object({{"display", community.name}}));
    if (!document.replaces.value.empty()) {
        auto target = object({{"identifier", to_identifier(document.replaces)}});
        resource.set("relatesTo", array({object({{"code", "replaces"}, {"target", std::move(target)}})}));
    }
    resource.set("description", document.title);
    auto contents = array();
    for (auto const& content : document.contents) contents.push(to_content(content, document, base));
    resource.set("content", std::move(contents));
    return resource;
}

Value to_binary_resource(Content const& content) {
    return object({
        {"resourceType", "Binary"},
        {"id", content.binary_id},
        {"contentType", content.content_type},
        {"data", base64(content.bytes.text())},
    });
}

Value operation_outcome(std::string_view severity, std::string_view code, std::string_view diagnostics) {
    auto issue = object({{"severity", severity}, {"code", code}, {"diagnostics", diagnostics}});
    return object({{"resourceType", "OperationOutcome"}, {"issue", array({std::move(issue)})}});
}

}  // namespace tributary::simulator
