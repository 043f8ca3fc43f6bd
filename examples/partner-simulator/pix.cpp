#include "examples/partner-simulator/pix.hpp"

#include <algorithm>
#include <utility>

#include "examples/partner-simulator/resources.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::array;
using fhir::json::object;
using fhir::json::Value;

FacadeAnswer refuse(unsigned status, std::string_view code, std::string_view diagnostics) {
    return FacadeAnswer::resource(
        operation_outcome("error", code, diagnostics), Step::patient_discovery, status
    );
}

std::vector<std::string> targets_of(std::vector<Criterion> const& parameters) {
    std::vector<std::string> targets;
    for (auto const& parameter : parameters) {
        if (parameter.name == "targetSystem")
            targets.insert(targets.end(), parameter.values.begin(), parameter.values.end());
    }
    return targets;
}

Patient const* find_source(Community const& community, std::string_view base, Identifier const& source) {
    constexpr std::string_view kPatient = "Patient/";
    std::string_view id = source.value;
    if (id.starts_with(kPatient)) id.remove_prefix(kPatient.size());
    if (source.system == base) return find_patient(community, id);
    for (auto const& patient : community.patients) {
        for (auto const& identifier : patient.identifiers) {
            if (identifier.system == source.system && identifier.value == source.value) return &patient;
        }
    }
    return nullptr;
}

Value to_parameters(
    Patient const& patient,
    std::string_view base,
    Identifier const& source,
    std::vector<std::string> const& targets
) {
    auto const wanted = [&](std::string_view system) {
        return targets.empty() || std::find(targets.begin(), targets.end(), system) != targets.end();
    };
    auto parameters = array();
    for (auto const& identifier : patient.identifiers) {
        bool const itself = identifier.system == source.system && identifier.value == source.value;
        if (itself || !wanted(identifier.system)) continue;
        auto value = object({{"system", identifier.system}, {"value", identifier.value}});
        parameters.push(object({{"name", "targetIdentifier"}, {"valueIdentifier", std::move(value)}}));
    }
    if (source.system != base && wanted(base)) {
        auto value = object({{"reference", std::string(base) + "/Patient/" + patient.id}});
        parameters.push(object({{"name", "targetId"}, {"valueReference", std::move(value)}}));
    }
    auto resource = object({{"resourceType", "Parameters"}});
    if (!parameters.items().empty()) resource.set("parameter", std::move(parameters));
    return resource;
}

}  // namespace

bool knows_domain(Community const& community, std::string_view system) {
    if (system == patient_domain(community)) return true;
    return std::any_of(community.patients.begin(), community.patients.end(), [&](Patient const& patient) {
        return std::any_of(
            patient.identifiers.begin(),
            patient.identifiers.end(),
            [&](Identifier const& one) { return one.system == system; }
        );
    });
}

FacadeAnswer cross_reference(
    Community const& community, std::string_view base, std::vector<Criterion> const& parameters
) {
    auto const text = value_of(parameters, "sourceIdentifier");
    auto const bar = text.find('|');
    if (bar == std::string_view::npos || bar == 0 || bar + 1 == text.size())
        return refuse(400, "required", "sourceIdentifier is system|value");
    Identifier const source{std::string(text.substr(0, bar)), std::string(text.substr(bar + 1))};
    auto const known = [&](std::string_view system) {
        return system == base || knows_domain(community, system);
    };
    if (!known(source.system))
        return refuse(400, "code-invalid", "sourceIdentifier Assigning Authority not found");
    auto const targets = targets_of(parameters);
    if (!std::all_of(targets.begin(), targets.end(), known))
        return refuse(403, "code-invalid", "targetSystem not found");
    auto const* patient = find_source(community, base, source);
    if (patient == nullptr) return refuse(404, "not-found", "sourceIdentifier Patient Identifier not found");
    return FacadeAnswer::resource(to_parameters(*patient, base, source, targets), Step::patient_discovery);
}

}  // namespace tributary::simulator
