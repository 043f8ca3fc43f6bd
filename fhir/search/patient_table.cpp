#include <array>

#include "fhir/search/table.hpp"

namespace tributary::fhir::search {

namespace {

constexpr std::string_view kGenders = "http://hl7.org/fhir/administrative-gender";

void add(Values& values, std::string const& text) {
    if (!text.empty()) values.strings.push_back(text);
}
void add(Values& values, std::vector<std::string> const& texts) {
    for (auto const& text : texts) add(values, text);
}

template <auto member>
void names(Patient const& patient, Values& values) {
    for (auto const& name : patient.names) add(values, name.*member);
}

void whole_names(Patient const& patient, Values& values) {
    for (auto const& name : patient.names) {
        add(values, name.family);
        add(values, name.given);
        add(values, name.prefix);
        add(values, name.suffix);
        add(values, name.text);
    }
}

template <auto member>
void addresses(Patient const& patient, Values& values) {
    for (auto const& address : patient.addresses) add(values, address.*member);
}

void whole_addresses(Patient const& patient, Values& values) {
    for (auto const& address : patient.addresses) {
        add(values, address.text);
        add(values, address.line);
        for (auto const* part :
             {&address.city, &address.district, &address.state, &address.postal_code, &address.country}) {
            add(values, *part);
        }
    }
}

void telecom(Patient const& patient, Values& values) {
    for (auto const& contact : patient.telecom) values.tokens.push_back({contact.system, contact.value, ""});
}

void contacts(Patient const& patient, std::string_view system, Values& values) {
    for (auto const& contact : patient.telecom) {
        if (contact.system == system) values.tokens.push_back({contact.system, contact.value, ""});
    }
}
void phones(Patient const& patient, Values& values) { contacts(patient, "phone", values); }
void emails(Patient const& patient, Values& values) { contacts(patient, "email", values); }

void identifiers(Patient const& patient, Values& values) {
    for (auto const& identifier : patient.identifiers)
        values.tokens.push_back({identifier.system, identifier.value, ""});
}

void gender(Patient const& patient, Values& values) {
    if (!patient.gender.empty()) values.tokens.push_back({std::string(kGenders), patient.gender, ""});
}

void birth_date(Patient const& patient, Values& values) {
    if (!patient.birth_date.empty()) values.dates.push_back({patient.birth_date, patient.birth_date});
}

void mothers_maiden_name(Patient const& patient, Values& values) { add(values, patient.mothers_maiden_name); }

void id(Patient const& patient, Values& values) {
    if (!patient.id.empty()) values.tokens.push_back({"", patient.id, ""});
}

void last_updated(Patient const& patient, Values& values) {
    auto const& time = patient.meta.last_updated;
    if (!time.empty()) values.dates.push_back({time, time});
}

constexpr std::array kTable{
    Row<Patient>{"_id", Type::token, id, "Resource-id"},
    Row<Patient>{"_lastUpdated", Type::date, last_updated, "Resource-lastUpdated"},
    Row<Patient>{"address", Type::string, whole_addresses, "individual-address"},
    Row<Patient>{"address-city", Type::string, addresses<&Address::city>, "individual-address-city"},
    Row<Patient>{"address-country", Type::string, addresses<&Address::country>, "individual-address-country"},
    Row<Patient>{
        "address-postalcode", Type::string, addresses<&Address::postal_code>, "individual-address-postalcode"
    },
    Row<Patient>{"address-state", Type::string, addresses<&Address::state>, "individual-address-state"},
    Row<Patient>{"birthdate", Type::date, birth_date, "individual-birthdate"},
    Row<Patient>{"email", Type::token, emails, "individual-email"},
    Row<Patient>{"family", Type::string, names<&HumanName::family>, "individual-family"},
    Row<Patient>{"gender", Type::token, gender, "individual-gender"},
    Row<Patient>{"given", Type::string, names<&HumanName::given>, "individual-given"},
    Row<Patient>{"identifier", Type::identifier, identifiers, "Patient-identifier"},
    Row<Patient>{
        "mothersMaidenName", Type::string, mothers_maiden_name, "patient-extensions-Patient-mothersMaidenName"
    },
    Row<Patient>{"name", Type::string, whole_names, "Patient-name"},
    Row<Patient>{"phone", Type::token, phones, "individual-phone"},
    Row<Patient>{"telecom", Type::token, telecom, "individual-telecom"}
};

}  // namespace

std::span<Row<Patient> const> patient_table() { return kTable; }

}  // namespace tributary::fhir::search
