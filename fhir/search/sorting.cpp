#include "fhir/search/sorting.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "fhir/search/comparison.hpp"

namespace tributary::fhir::search {

namespace {

constexpr std::string_view kChain = "patient.";
constexpr char kNobody[] = "";  ///< no Patient has this id

bool is_offered(Type type, std::string_view modifier) {
    if (modifier.empty() || modifier == "missing") return true;
    switch (type) {
        case Type::string:
            return modifier == "exact" || modifier == "contains";
        case Type::token:
        case Type::identifier:
            return modifier == "not";
        case Type::reference:
            return modifier == "identifier";
        case Type::date:
            return false;
    }
    return false;
}

std::string_view offered_modifiers(Type type) {
    switch (type) {
        case Type::string:
            return ":exact, :contains and :missing";
        case Type::token:
        case Type::identifier:
            return ":not and :missing";
        case Type::reference:
            return ":identifier and :missing";
        case Type::date:
            return ":missing";
    }
    return ":missing";
}

/// Of these FHIR's strings may have tabs and line breaks only.
bool is_control(char character) {
    auto const code = static_cast<unsigned char>(character);
    return code < 0x20 && character != '\t' && character != '\n' && character != '\r';
}

/// What is wrong with the value; empty: nothing.
std::string_view fault(Type type, std::string_view modifier, std::string_view value) {
    if (std::any_of(value.begin(), value.end(), is_control)) return "has a control character in its value";
    if (modifier == "missing") return value == "true" || value == "false" ? "" : "takes true or false";
    switch (type) {
        case Type::string:
            return modifier != "exact" && fold(value).empty() ? "needs at least one letter or digit" : "";
        case Type::token:
        case Type::identifier:
            return value == "|" ? "needs a system, a code, or both: system|code" : "";
        case Type::date:
            return is_date_query(value) ? "" : "takes a date such as 2024, 2024-05 or ge2024-05-01T10:00:00Z";
        case Type::reference:
            return "";
    }
    return "";
}

/// The id in 123, Patient/123 or [base]/Patient/123; empty: no Patient of ours.
std::optional<std::string> our_patient(std::string_view value, std::string_view base) {
    while (base.ends_with('/')) base.remove_suffix(1);
    if (!base.empty() && value.starts_with(base) && value.substr(base.size()).starts_with('/')) {
        value.remove_prefix(base.size() + 1);
    }
    auto const id = reference_id(value);
    bool const bare = value == id;
    auto const relative = value.substr(0, value.find("/_history/"));
    bool const typed = relative.starts_with("Patient/") &&
                       relative.substr(std::string_view("Patient/").size()).starts_with(id);
    if (!is_id(id) || (!bare && !typed)) return std::nullopt;
    return std::string(id);
}

/// Now that the type is known: only in tokens a bar without a backslash is anything but a character.
void settle_bars(Parameter& parameter, Type type) {
    if (type != Type::string) return;
    for (auto& value : parameter.values) value = plain_text(value);
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            auto const substituted = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
        }
    }
    return row.back();
}

}  // namespace

void Sorting::problem(Errc code, std::string detail) {
    problems.push_back(Failure(code, std::move(detail)).at(std::string(at_)));
}

bool Sorting::check(Parameter const& parameter, Type type, std::string const& full_name) {
    if (!is_offered(type, parameter.modifier)) {
        problem(
            unsupported_,
            "the modifier of " + full_name + ":" + parameter.modifier + " is not offered; it may have " +
                std::string(offered_modifiers(type))
        );
        return false;
    }
    for (auto const& value : parameter.values) {
        auto const wrong = fault(type, parameter.modifier, value);
        if (wrong.empty()) continue;
        problem(Errc::invalid, full_name + " " + std::string(wrong));
        return false;
    }
    return true;
}

void Sorting::take_references(Parameter const& parameter) {
    std::vector<std::string> ids;
    for (auto const& value : parameter.values) {
        auto id = our_patient(value, base_);
        bool const elsewhere = !id && value.find("://") != std::string::npos;
        if (elsewhere && impossible_ == Impossible::finds_nothing) id = kNobody;
        if (!id) {
            problem(
                elsewhere ? Errc::not_supported : Errc::invalid,
                "patient names a Patient of this server, as Patient/[id]; a patient known elsewhere is asked "
                "for by "
                "patient.identifier=[system]|[value] or by demographics such as patient.family"
            );
            return;
        }
        ids.push_back(std::move(*id));
    }
    auto& references = search.patient.references;
    if (!has_references_) {
        references = std::move(ids);
    } else {  // both have to hold
        std::erase_if(references, [&](std::string const& id) {
            return std::find(ids.begin(), ids.end(), id) == ids.end();
        });
        if (references.empty() && impossible_ == Impossible::finds_nothing)
            references.push_back(kNobody);
        else if (references.empty())
            problem(Errc::value, "no document is about two patients: put alternatives into one parameter");
    }
    has_references_ = true;
}

void Sorting::take_patient_parameter(Parameter parameter, std::string const& full_name) {
    if (parameter.name == "_id" && parameter.modifier.empty()) return take_references(parameter);
    auto const* row = find_row(patient_table(), parameter.name);
    if (row == nullptr) {
        parameter.name = full_name;
        unknown.push_back(std::move(parameter));
        return;
    }
    settle_bars(parameter, row->type);
    if (check(parameter, row->type, full_name)) {
        search.patient.parameters.push_back(std::move(parameter));
    }
}

void Sorting::take_document_parameter(Parameter parameter) {
    auto const full_name = parameter.name;
    if (full_name == "patient" && parameter.modifier.empty()) return take_references(parameter);
    if (full_name.starts_with(kChain) && full_name != "patient._lastUpdated") {
        parameter.name.erase(0, kChain.size());
        return take_patient_parameter(std::move(parameter), full_name);
    }
    auto const* row = find_row(document_table(), full_name);
    if (row == nullptr) {
        unknown.push_back(std::move(parameter));
        return;
    }
    settle_bars(parameter, row->type);
    if (check(parameter, row->type, full_name)) {
        search.filters.push_back(std::move(parameter));
    }
}

std::string suggestion(std::string_view unknown) {
    std::string nearest;
    auto best = std::max<std::size_t>(2, unknown.size() / 3) + 1;
    auto const consider = [&](std::string offered) {
        auto const far = distance(unknown, offered);
        if (far >= best) return;
        best = far;
        nearest = std::move(offered);
    };
    for (auto const& row : document_table()) consider(std::string(row.name));
    for (auto const& row : patient_table()) {
        if (auto name = std::string(kChain) + std::string(row.name); name != unknown)
            consider(std::move(name));
    }
    return nearest.empty() ? nearest : " (did you mean \"" + nearest + "\"?)";
}

}  // namespace tributary::fhir::search
