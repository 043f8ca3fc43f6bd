#include "fhir/identity/acceptance.hpp"

#include <algorithm>

#include "fhir/identity/person_name.hpp"
#include "fhir/search/comparison.hpp"
#include "fhir/search/document_search.hpp"

namespace tributary::fhir::identity {

namespace {

using search::Parameter;

/// Plain names are compared whole after folding; what has a modifier (:exact, :missing, …) as the search rules say.
bool is_plain(Parameter const& parameter, std::string_view name) {
    return parameter.name == name && parameter.modifier.empty();
}

bool is_one_of(std::string_view held, std::vector<std::string> const& asked) {
    auto const folded = search::fold(held);
    return !folded.empty() && std::any_of(asked.begin(), asked.end(), [&](std::string const& value) {
        return search::fold(value) == folded;
    });
}

bool any_is_one_of(std::vector<std::string> const& held, std::vector<std::string> const& asked) {
    return std::any_of(held.begin(), held.end(), [&](std::string const& value) {
        return is_one_of(value, asked);
    });
}

bool family_fits(Parameter const& parameter, std::vector<HumanName> const& names) {
    return std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
        return is_one_of(name.family, parameter.values);
    });
}

bool name_fits(Parameter const& parameter, std::vector<HumanName> const& names) {
    return std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
        return is_one_of(name.family, parameter.values) || is_one_of(name.text, parameter.values) ||
               any_is_one_of(name.given, parameter.values) || any_is_one_of(name.prefix, parameter.values) ||
               any_is_one_of(name.suffix, parameter.values);
    });
}

/// The first given name asked for is the first of one name; the further ones are anywhere in that name.
bool givens_fit(std::vector<Parameter const*> const& asked, std::vector<HumanName> const& names) {
    if (asked.empty()) return true;
    return std::any_of(names.begin(), names.end(), [&](HumanName const& name) {
        return !name.given.empty() && is_one_of(name.given.front(), asked.front()->values) &&
               std::all_of(asked.begin() + 1, asked.end(), [&](Parameter const* further) {
                   return any_is_one_of(name.given, further->values);
               });
    });
}

/// Of a parameter other than the plain names and identifiers.
bool demographic_fits(Parameter const& parameter, Patient const& patient) {
    if (parameter.name == "_id") return true;  // an id of ours says nothing about a partner's Patient
    if (is_plain(parameter, "family")) return family_fits(parameter, patient.names);
    if (is_plain(parameter, "name")) return name_fits(parameter, patient.names);
    bool const gender_unknown_here = is_plain(parameter, "gender") && patient.gender.empty();
    return gender_unknown_here || search::matches(parameter, patient);
}

/// For one identifier, not only for its domain.
bool asks_identifier(search::PatientQuery const& query) {
    return std::any_of(query.parameters.begin(), query.parameters.end(), [](Parameter const& parameter) {
        auto const names_one = [](std::string const& value) {
            return !search::split_token(value).code.empty();
        };
        return is_plain(parameter, "identifier") &&
               std::all_of(parameter.values.begin(), parameter.values.end(), names_one);
    });
}

bool accepts_strictly(search::PatientQuery const& query, Patient patient) {
    if (query.parameters.empty())
        return !query.references.empty();  // nothing to compare: who asked decides by the reference
    if (!asks_identifier(query)) {
        std::erase_if(patient.names, [](HumanName const& name) {
            return is_placeholder(name) || is_alias(name);
        });
        if (patient.names.empty()) return false;
    }
    std::vector<Parameter const*> givens;
    for (auto const& parameter : query.parameters) {
        if (is_plain(parameter, "given")) {
            givens.push_back(&parameter);
        } else if (!demographic_fits(parameter, patient)) {
            return false;
        }
    }
    return givens_fit(givens, patient.names);
}

bool is_replaced(Patient const& patient) {
    return std::any_of(patient.links.begin(), patient.links.end(), [](PatientLink const& link) {
        return link.type == "replaced-by";
    });
}

/// Everybody reachable from the first one by links.
bool are_connected(std::vector<Patient> const& patients) {
    std::vector<std::size_t> reached{0};
    std::vector<bool> seen(patients.size());
    seen[0] = true;
    for (std::size_t next = 0; next < reached.size(); ++next) {
        for (std::size_t other = 0; other < patients.size(); ++other) {
            if (seen[other] || !linked(patients[reached[next]], patients[other])) continue;
            seen[other] = true;
            reached.push_back(other);
        }
    }
    return reached.size() == patients.size();
}

bool is_among(std::vector<Patient> const& patients, Patient const& candidate) {
    return !candidate.id.empty() &&
           std::any_of(patients.begin(), patients.end(), [&](Patient const& patient) {
               return patient.id == candidate.id;
           });
}

}  // namespace

bool accepts(Acceptance acceptance, search::PatientQuery const& query, Patient const& patient) {
    if (acceptance == Acceptance::strict) return accepts_strictly(query, patient);
    return search::matches_all(query.parameters, patient);
}

Resolved resolve(
    Acceptance acceptance,
    search::PatientQuery const& query,
    std::vector<Patient> candidates,
    std::size_t max_matches
) {
    Resolved resolved;
    for (auto& candidate : candidates) {
        bool const retired = candidate.active == false || is_replaced(candidate);
        if (retired || !accepts(acceptance, query, candidate)) {
            ++resolved.refused;
        } else if (!is_among(resolved.patients, candidate)) {
            resolved.patients.push_back(std::move(candidate));
        }
    }
    if (resolved.patients.empty()) return resolved;
    if (acceptance == Acceptance::strict && !are_connected(resolved.patients)) {
        resolved.resolution = Resolution::ambiguous;
        resolved.patients.clear();
        return resolved;
    }
    resolved.resolution = Resolution::matched;
    resolved.cut = resolved.patients.size() > max_matches;
    if (resolved.cut) resolved.patients.resize(max_matches);
    return resolved;
}

}  // namespace tributary::fhir::identity
