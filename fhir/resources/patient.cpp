#include "fhir/resources/patient.hpp"

namespace tributary::fhir {

namespace {

constexpr std::string_view kMothersMaidenName =
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";

template <class T>
std::vector<T> read_all(json::Value::Array const& values, T (*read_one)(json::Value const&)) {
    std::vector<T> all;
    for (auto const& value : values) all.push_back(read_one(value));
    return all;
}

PatientLink read_link(json::Value const& value) {
    return {read_reference(value.find("other")), std::string(value.text("type"))};
}

}  // namespace

Result<Patient> read_patient(json::Value resource) {
    if (resource.text("resourceType") != "Patient")
        return Failure(Errc::malformed, "this is no Patient resource");
    Patient patient;
    patient.id = resource.text("id");
    patient.meta = read_meta(resource);
    if (auto const* active = resource.find("active"); active != nullptr) {
        if (auto const* known = active->get<bool>()) patient.active = *known;
    }
    patient.identifiers = read_identifiers(resource.items("identifier"));
    patient.names = read_all(resource.items("name"), read_human_name);
    patient.telecom = read_all(resource.items("telecom"), read_contact_point);
    patient.gender = resource.text("gender");
    patient.birth_date = resource.text("birthDate");
    patient.addresses = read_all(resource.items("address"), read_address);
    patient.links = read_all(resource.items("link"), read_link);
    for (auto const& extension : resource.items("extension")) {
        if (extension.text("url") == kMothersMaidenName)
            patient.mothers_maiden_name = extension.text("valueString");
    }
    patient.resource = std::move(resource);
    return patient;
}

}  // namespace tributary::fhir
