#include "subscriptions/payload_type.hpp"

#include <string>

#include "fhir/base/ascii.hpp"

namespace tributary::subscriptions {

namespace {

/// The part before the next ';', trimmed; `rest` loses it.
std::string_view next_part(std::string_view& rest) {
    auto const end = rest.find(';');
    auto const part = ascii::trim(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    return part;
}

Result<void> check_parameter(std::string_view parameter) {
    auto const equals = parameter.find('=');
    if (equals == parameter.npos) return Failure(Errc::value, "a MIME type parameter is name=value");
    auto const name = ascii::lower(parameter.substr(0, equals));
    auto value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    if (!ascii::is_token(name) || !ascii::is_token(value))
        return Failure(Errc::value, "a MIME type parameter is name=value");
    if (name == "charset" && ascii::lower(value) == "utf-8") return {};
    if (name == "fhirversion") {
        if (value == "4.0" || value == "4.0.1") return {};
        return Failure(Errc::not_supported, "notifications are FHIR R4: fhirVersion 4.0 is offered");
    }
    return Failure(Errc::not_supported, "this MIME type parameter is not offered: leave it out");
}

}  // namespace

Result<void> check_payload_type(std::string_view payload) {
    std::string_view rest = payload;
    auto const type = ascii::lower(next_part(rest));
    auto const slash = type.find('/');
    if (slash == type.npos || !ascii::is_token(std::string_view(type).substr(0, slash)) ||
        !ascii::is_token(std::string_view(type).substr(slash + 1)))
        return Failure(Errc::value, "no MIME type: write application/fhir+json");
    if (type != "application/fhir+json" && type != "application/json")
        return Failure(
            Errc::not_supported,
            "this payload is not offered: write application/fhir+json or application/json"
        );
    while (!rest.empty()) {
        auto const parameter = next_part(rest);
        if (parameter.empty()) continue;
        auto const checked = check_parameter(parameter);
        if (!checked) return checked;
    }
    return {};
}

}  // namespace tributary::subscriptions
