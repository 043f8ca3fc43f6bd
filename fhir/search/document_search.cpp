#include "fhir/search/document_search.hpp"

#include <algorithm>
#include <array>

#include "fhir/search/comparison.hpp"
#include "fhir/search/sorting.hpp"

namespace tributary::fhir::search {

namespace {

constexpr std::array<std::string_view, 10> kResultParameters{
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_summary",
    "_elements",
    "_total",
    "_contained",
    "_containedType",
    "_pretty"
};

/// Any code of its domain: "urn:oid:1.2|".
bool names_domain(std::string const& value) { return split_token(value).code.empty(); }

/// Every day from one on, or but for one.
bool is_open_ended(std::string const& value) {
    static constexpr std::array<std::string_view, 8> kPrefixes{
        "ge", "gt", "le", "lt", "sa", "eb", "ap", "ne"
    };
    return std::find(kPrefixes.begin(), kPrefixes.end(), value.substr(0, 2)) != kPrefixes.end();
}

/// Tells one person from most others.
bool is_telling(Parameter const& parameter) {
    static constexpr std::array<std::string_view, 4> kOfMany{
        "gender", "_id", "address-country", "address-state"
    };
    static constexpr std::array<std::string_view, 4> kTokens{"identifier", "telecom", "phone", "email"};
    auto const is_in = [&](auto const& names) {
        return std::find(names.begin(), names.end(), parameter.name) != names.end();
    };
    bool const understood = parameter.modifier.empty() || parameter.modifier == "exact";
    if (!understood || is_in(kOfMany)) return false;
    auto const& values = parameter.values;
    if (is_in(kTokens)) return std::none_of(values.begin(), values.end(), names_domain);
    return parameter.name != "birthdate" || std::none_of(values.begin(), values.end(), is_open_ended);
}

bool has_fixed_value(
    Parameter const& parameter, std::string_view system, std::initializer_list<std::string_view> codes
) {
    if (parameter.modifier == "missing") return true;
    return std::all_of(parameter.values.begin(), parameter.values.end(), [&](std::string const& value) {
        auto const token = split_token(value);
        return (token.any_system || token.system == system) &&
               std::find(codes.begin(), codes.end(), token.code) != codes.end();
    });
}

/// Documents are served without the references to their authors, and to what they are related to; identifiers stay.
bool names_resource(Parameter const& parameter) {
    bool const stripped = parameter.name == "author" || parameter.name == "related";
    return stripped && parameter.modifier.empty() &&
           std::any_of(parameter.values.begin(), parameter.values.end(), [](std::string const& value) {
               return split_token(value).any_system;
           });
}

}  // namespace

bool names_patient(PatientQuery const& query) {
    return !query.references.empty() ||
           std::any_of(query.parameters.begin(), query.parameters.end(), is_telling);
}

void check_codes(DocumentSearch const& search, std::string_view at, std::vector<Failure>& problems) {
    constexpr std::string_view kStatuses = "http://hl7.org/fhir/document-reference-status";
    constexpr std::string_view kGenders = "http://hl7.org/fhir/administrative-gender";
    for (auto const& parameter : search.filters) {
        if (names_resource(parameter)) {
            auto words = parameter.name + " names a resource, and none is kept here: use " + parameter.name +
                         ":identifier";
            if (parameter.name == "author") words += " or author.family";
            problems.push_back(Failure(Errc::not_supported, std::move(words)).at(std::string(at)));
        }
        if (parameter.name != "status" ||
            has_fixed_value(parameter, kStatuses, {"current", "superseded", "entered-in-error"}))
            continue;
        problems.push_back(
            Failure(Errc::value, "status is current, superseded or entered-in-error").at(std::string(at))
        );
    }
    for (auto const& parameter : search.patient.parameters) {
        if (parameter.name != "gender" ||
            has_fixed_value(parameter, kGenders, {"male", "female", "other", "unknown"}))
            continue;
        problems.push_back(
            Failure(Errc::value, "patient.gender is male, female, other or unknown").at(std::string(at))
        );
    }
}

namespace {

/// The query part of `[/]DocumentReference?…`.
Result<std::string_view> query_of(std::string_view criteria) {
    if (criteria.starts_with('/')) criteria.remove_prefix(1);
    auto const type = criteria.substr(0, criteria.find('?'));
    if (!is_type_name(type)) {
        return Failure(Errc::invalid, "criteria are written as DocumentReference?[parameter]=[value]&…");
    }
    if (type != "DocumentReference") {
        return Failure(
            Errc::not_supported,
            "criteria on " + std::string(type) + " are not offered, only on DocumentReference"
        );
    }
    return criteria.substr(std::min(criteria.size(), type.size() + 1));
}

constexpr std::string_view kNoPatient =
    "criteria have to say which patient: for example "
    "patient.given=bob&patient.family=smith&patient.birthdate=1970-01-02, "
    "patient.identifier=[system]|[value], or patient=Patient/[id]";

void take_criteria_parameter(Sorting& sorting, Parameter parameter, std::string_view at) {
    if (parameter.name == "_format") return;
    if (std::find(kResultParameters.begin(), kResultParameters.end(), parameter.name) !=
        kResultParameters.end()) {
        auto words = parameter.name + " shapes the result of a search and has no meaning in criteria";
        sorting.problems.push_back(Failure(Errc::not_supported, std::move(words)).at(std::string(at)));
        return;
    }
    sorting.take_document_parameter(std::move(parameter));
}

}  // namespace

CriteriaReading read_criteria(std::string_view criteria, std::string_view at, std::string_view base) {
    auto const failed = [&](Failure failure) {
        return CriteriaReading{{}, {std::move(failure).at(std::string(at))}};
    };
    auto const query = query_of(criteria);
    if (query.has_error()) return failed(query.error());
    auto parameters = parse_query(*query, EmptyValues::refused);
    if (parameters.has_error()) return failed(parameters.error());
    Sorting sorting(base, at, Errc::not_supported, Impossible::refused);
    for (auto& parameter : *parameters) take_criteria_parameter(sorting, std::move(parameter), at);
    for (auto const& parameter : sorting.unknown) {
        auto words =
            "there is no search parameter \"" + parameter.name + "\" here" + suggestion(parameter.name) +
            "; those of DocumentReference and, after \"patient.\", of Patient are listed in [base]/metadata";
        sorting.problems.push_back(Failure(Errc::not_supported, std::move(words)).at(std::string(at)));
    }
    check_codes(sorting.search, at, sorting.problems);
    if (sorting.problems.empty() && !names_patient(sorting.search.patient)) {
        sorting.problems.push_back(Failure(Errc::required, std::string(kNoPatient)).at(std::string(at)));
    }
    return {std::move(sorting.search), std::move(sorting.problems)};
}

SearchReading read_document_search(
    std::vector<Parameter> parameters, std::string_view base, Impossible impossible
) {
    Sorting sorting(base, "", Errc::unknown_parameter, impossible);
    for (auto& parameter : parameters) sorting.take_document_parameter(std::move(parameter));
    return {std::move(sorting.search), std::move(sorting.unknown), std::move(sorting.problems)};
}

SearchReading read_patient_search(std::vector<Parameter> parameters) {
    Sorting sorting("", "", Errc::unknown_parameter, Impossible::finds_nothing);
    for (auto& parameter : parameters) {
        auto const name = parameter.name;
        sorting.take_patient_parameter(std::move(parameter), name);
    }
    return {std::move(sorting.search), std::move(sorting.unknown), std::move(sorting.problems)};
}

}  // namespace tributary::fhir::search
