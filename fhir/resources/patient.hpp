#pragma once
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/resources/elements.hpp"

namespace tributary::fhir {

struct PatientLink {
    Reference other;
    std::string type;  ///< replaced-by, replaces, refer, seealso
};

/// A Patient in the parts that discovery and search read, with the whole resource beside them. A value.
struct Patient {
    std::string id;
    Meta meta;
    std::optional<bool> active;
    std::vector<Identifier> identifiers;
    std::vector<HumanName> names;
    std::vector<ContactPoint> telecom;
    std::string gender, birth_date;
    std::vector<Address> addresses;
    std::vector<PatientLink> links;
    std::string mothers_maiden_name;
    json::Value resource;
};

/// Lenient (partners break rules). Errors: malformed when it is no Patient at all.
Result<Patient> read_patient(json::Value resource);

}  // namespace tributary::fhir
