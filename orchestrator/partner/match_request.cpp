#include "orchestrator/partner/match_request.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "fhir/json/writer.hpp"
#include "fhir/search/comparison.hpp"

namespace tributary::partner {

namespace {

using fhir::json::Value;
using fhir::search::Parameter;

constexpr std::string_view kMothersMaidenName =
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";

Value with_system(fhir::search::Token const& token) {
    Value made;
    if (!token.system.empty()) made.set("system", token.system);
    made.set("value", token.code);
    return made;
}

/// A day, month or year without prefix, or with eq; "" for any other comparison.
std::string_view plain_date(std::string_view text) {
    if (text.starts_with("eq")) text.remove_prefix(2);
    bool const plain = !text.empty() && text.front() >= '0' && text.front() <= '9' && text.size() <= 10;
    return plain ? text : std::string_view();
}

/// Gathers the parameters of a question into a Patient.
class PatientDraft {
public:
    /// False: this parameter cannot be told as part of a Patient.
    bool add(std::string const& parameter, std::string const& value) {
        auto const token = fhir::search::split_token(value);
        if (parameter == "given") return given_.push(value), true;
        if (parameter == "family") return set_once(name_, "family", value);
        if (parameter == "name") return set_once(name_, "text", value);
        if (parameter == "gender") return set_once(gender_, "gender", token.code);
        if (parameter == "birthdate") return set_once(birth_date_, "birthDate", plain_date(value));
        if (parameter == "identifier") return token.code.empty() || add_to(identifiers_, with_system(token));
        if (parameter == "telecom") return add_to(telecom_, with_system(token));
        if (parameter == "phone" || parameter == "email")
            return add_to(telecom_, fhir::json::object({{"system", parameter}, {"value", token.code}}));
        if (parameter == "mothersMaidenName") return set_once(mothers_maiden_name_, "valueString", value);
        auto const* element = address_element(parameter);
        return element != nullptr && set_once(address_, element, value);
    }

    Value patient() {
        auto made = fhir::json::object({{"resourceType", "Patient"}});
        if (!mothers_maiden_name_.is_null()) {
            auto extension = fhir::json::object({{"url", kMothersMaidenName}});
            extension.set("valueString", *mothers_maiden_name_.find("valueString"));
            made.set("extension", fhir::json::array({std::move(extension)}));
        }
        if (!identifiers_.is_null()) made.set("identifier", std::move(identifiers_));
        if (!given_.is_null()) name_.set("given", std::move(given_));
        if (!name_.is_null()) made.set("name", fhir::json::array({std::move(name_)}));
        if (!telecom_.is_null()) made.set("telecom", std::move(telecom_));
        if (!gender_.is_null()) made.set("gender", *gender_.find("gender"));
        if (!birth_date_.is_null()) made.set("birthDate", *birth_date_.find("birthDate"));
        if (!address_.is_null()) made.set("address", fhir::json::array({std::move(address_)}));
        return made;
    }

private:
    static bool set_once(Value& into, std::string_view element, std::string_view value) {
        if (value.empty() || into.find(element) != nullptr) return false;
        into.set(element, value);
        return true;
    }
    static bool add_to(Value& list, Value item) {
        list.push(std::move(item));
        return true;
    }
    static char const* address_element(std::string_view parameter) {
        struct Element {
            std::string_view parameter;
            char const* name;
        };
        static constexpr std::array kElements{
            Element{"address", "text"},
            Element{"address-city", "city"},
            Element{"address-state", "state"},
            Element{"address-postalcode", "postalCode"},
            Element{"address-country", "country"}
        };
        auto const found = std::find_if(kElements.begin(), kElements.end(), [&](Element const& element) {
            return element.parameter == parameter;
        });
        return found == kElements.end() ? nullptr : found->name;
    }

    Value name_, given_, gender_, birth_date_, identifiers_, telecom_, address_, mothers_maiden_name_;
};

bool is_demographic(Parameter const& parameter) {
    return parameter.name != "_id" && parameter.name != "_lastUpdated" && !parameter.values.empty();
}

}  // namespace

MatchRequest make_match_request(fhir::search::PatientQuery const& query, std::size_t count) {
    MatchRequest request;
    PatientDraft draft;
    for (auto const& parameter : query.parameters) {
        if (!is_demographic(parameter)) continue;
        bool const one_value =
            parameter.values.size() == 1 && (parameter.modifier.empty() || parameter.modifier == "exact");
        bool const told = one_value && draft.add(parameter.name, parameter.values.front());
        request.complete = request.complete && told;
    }
    auto resource = fhir::json::object({{"name", "resource"}});
    resource.set("resource", draft.patient());
    auto const only_certain = fhir::json::object({{"name", "onlyCertainMatches"}, {"valueBoolean", true}});
    auto const most = fhir::json::object({{"name", "count"}, {"valueInteger", count}});
    auto body = fhir::json::object({{"resourceType", "Parameters"}});
    body.set("parameter", fhir::json::array({std::move(resource), only_certain, most}));
    request.body = fhir::json::write(body);
    return request;
}

}  // namespace tributary::partner
