#include "examples/partner-simulator/generator/source_values.hpp"

#include <algorithm>
#include <utility>

namespace tributary::simulator {
namespace {

constexpr std::size_t kDay = 10, kSecond = 19;

bool is_uuid(std::string_view text) {
    return text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4;
}

}  // namespace

Coding loinc(std::string code, std::string display) {
    return {"http://loinc.org", std::move(code), std::move(display)};
}

Coding clinical_note() {
    return {
        "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
        "clinical-note",
        "Clinical Note"
    };
}

Coding coding_of(fhir::json::Value const* concept_value) {
    if (concept_value == nullptr || concept_value->items("coding").empty()) return {};
    auto const& coding = concept_value->items("coding").front();
    return {
        std::string(coding.text("system")),
        std::string(coding.text("code")),
        std::string(coding.text("display"))
    };
}

std::string instant(std::string_view date_time) {
    std::string const rest = "0000-01-01T00:00:00";
    auto text = std::string(date_time.substr(0, date_time.size() < kSecond ? kDay : kSecond));
    if (text.size() < rest.size()) text += rest.substr(text.size());
    return text + 'Z';
}

std::string date_time_of_cda(std::string_view value) {
    auto const digits = value.substr(0, std::min(value.find_first_not_of("0123456789"), value.size()));
    if (digits.size() < 8) return {};
    auto const part = [digits](std::size_t from) {
        return from + 2 <= digits.size() ? std::string(digits.substr(from, 2)) : std::string("00");
    };
    auto const day = std::string(digits.substr(0, 4)) + '-' + part(4) + '-' + part(6);
    if (digits.size() < 10) return day;
    return day + 'T' + part(8) + ':' + part(10) + ':' + part(12) + 'Z';
}

Identifier unique_id_of_cda(std::string_view root, std::string_view extension) {
    auto const uri = (is_uuid(root) ? "urn:uuid:" : "urn:oid:") + std::string(root);
    if (extension.empty()) return uri_identifier(uri);
    return {uri, std::string(extension)};
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    auto const first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace tributary::simulator
