#include "examples/partner-simulator/generator/clones.hpp"

#include <string>
#include <utility>

#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

Identifier with_suffix(Identifier identifier, std::string const& suffix) {
    constexpr std::string_view kUuid = "urn:uuid:", kOid = "urn:oid:";
    if (identifier.value.starts_with(kUuid)) {
        identifier.value = std::string(kUuid) + derived_uuid({identifier.value, suffix});
    } else if (identifier.value.starts_with(kOid)) {
        identifier.value += '.' + suffix;
    } else if (!identifier.value.empty()) {
        identifier.value += '-' + suffix;
    }
    return identifier;
}

SourcePerson clone_of(SourcePerson person, std::string const& suffix) {
    person.key += " #" + suffix;
    person.patient.family += suffix;
    for (auto& name : person.patient.other_names) name.family += suffix;
    if (!person.maiden_name.empty()) person.maiden_name += suffix;
    for (auto& source : person.documents) {
        source.key += " #" + suffix;
        source.document.truth += " #" + suffix;
        source.document.master_identifier = with_suffix(source.document.master_identifier, suffix);
    }
    return person;
}

}  // namespace

void add_clones(SourceData& data, std::size_t scale) {
    auto const originals = data.persons.size();
    for (std::size_t number = 2; number <= scale; ++number) {
        for (std::size_t i = 0; i < originals; ++i) {
            auto clone = clone_of(data.persons[i], std::to_string(number));
            data.persons.push_back(std::move(clone));
        }
    }
}

}  // namespace tributary::simulator
