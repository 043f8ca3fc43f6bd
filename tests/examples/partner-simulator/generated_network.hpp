#pragma once
#include <map>
#include <string>
#include <vector>

#include "examples/partner-simulator/generator/generate.hpp"
#include "examples/partner-simulator/generator/source_values.hpp"

namespace tributary::simulator {

// Small source data made in the test, and how to look at what is generated from them.

inline SourceDocument make_source(std::string const& key, std::string text = {}) {
    SourceDocument source;
    source.key = key;
    auto& document = source.document;
    document.master_identifier = uri_identifier("urn:uuid:" + derived_uuid({key}));
    document.type = loinc("34133-9", "Summary");
    document.category = clinical_note();
    document.date = "2020-03-05T10:00:00Z";
    document.creation = document.date;
    document.title = key;
    document.contents = {{"text/plain", text.empty() ? "Note " + key + '\n' : std::move(text), ""}};
    return source;
}

inline SourcePerson make_source_person(std::string family, std::string given, std::size_t notes) {
    SourcePerson person;
    person.key = family + ", " + given;
    person.patient.family = std::move(family);
    person.patient.given = {std::move(given), "Lee"};
    person.patient.gender = "female";
    person.birth_dates = {"1970-05-01"};
    for (std::size_t i = 0; i < notes; ++i)
        person.documents.push_back(make_source(person.key + '/' + std::to_string(i)));
    return person;
}

/// A line for everything that a community holds.
inline std::vector<std::string> describe(Network const& network) {
    std::vector<std::string> lines;
    for (auto const& community : network.communities) {
        auto const where = community.id + ' ' + std::string(wire(community.behaviour.family)) + ' ';
        for (auto const& patient : community.patients)
            lines.push_back(where + patient.id + ' ' + patient.family + ' ' + patient.birth_date);
        for (auto const& document : community.documents) {
            lines.push_back(
                where + document.id + ' ' + std::string(wire(document.copy_class)) + ' ' + document.truth
            );
        }
    }
    return lines;
}

inline std::map<CopyClass, double> count_classes(Network const& network) {
    std::map<CopyClass, double> counts;
    for (auto const& community : network.communities) {
        for (auto const& document : community.documents) ++counts[document.copy_class];
    }
    return counts;
}

/// The ids of the communities that know somebody of that family name.
inline std::vector<std::string> holders_of(Network const& network, std::string const& family) {
    std::vector<std::string> holders;
    for (auto const& community : network.communities) {
        for (auto const& patient : community.patients) {
            if (patient.family == family) holders.push_back(community.id);
        }
    }
    return holders;
}

}  // namespace tributary::simulator
