#include "examples/partner-simulator/generator/demographics.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "examples/partner-simulator/hash.hpp"
#include "examples/partner-simulator/search.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

constexpr double kWithEnterpriseNumber = .3;
constexpr std::array<std::pair<double, Variation>, 8> kVariations = {{
    {.70, Variation::exact},
    {.78, Variation::upper_case},
    {.84, Variation::no_middle_name},
    {.89, Variation::nickname},
    {.93, Variation::without_accents},
    {.97, Variation::old_address},
    {.99, Variation::maiden_name},
    {1, Variation::swapped_birth_date},
}};

/// Capitals of ASCII and of the Latin letters with accents, which differ in one bit as well.
std::string upper_case(std::string_view text) {
    std::string upper(text);
    for (std::size_t i = 0; i < upper.size(); ++i) {
        auto const byte = static_cast<unsigned char>(upper[i]);
        bool const after_c3 = i > 0 && static_cast<unsigned char>(upper[i - 1]) == 0xC3U;
        if (after_c3 && byte >= 0xA0U && byte != 0xB7U && byte != 0xBFU) {
            upper[i] = static_cast<char>(byte & ~0x20U);
        } else if (byte < 0x80U) {
            upper[i] = static_cast<char>(std::toupper(byte));
        }
    }
    return upper;
}

/// Each letter without its accent; where folding takes the case as well, the capital is put back.
std::string without_accents(std::string_view text) {
    auto plain = fold(text);
    for (std::size_t from = 0, to = 0; from < text.size() && to < plain.size(); ++to) {
        auto const byte = static_cast<unsigned char>(text[from]);
        bool const accented = byte == 0xC3U && static_cast<unsigned char>(plain[to]) < 0x80U;
        bool const capital =
            accented ? static_cast<unsigned char>(text[from + 1]) < 0xA0U : std::isupper(byte) != 0;
        if (capital) plain[to] = static_cast<char>(std::toupper(static_cast<unsigned char>(plain[to])));
        from += accented ? 2 : 1;
    }
    return plain;
}

bool has_accent(Patient const& patient) {
    auto const differs = [](std::string const& name) { return without_accents(name) != name; };
    return differs(patient.family) || std::any_of(patient.given.begin(), patient.given.end(), differs);
}

/// 1970-05-01 as 1970-01-05; "" where that is no date, or the same.
std::string swapped(std::string const& date) {
    if (date.size() != 10) return {};
    auto const month = date.substr(5, 2), day = date.substr(8, 2);
    return day > "12" || day == month ? std::string() : date.substr(0, 5) + day + '-' + month;
}

/// The first letters of the name, at most four and never all; characters are not cut in two.
std::string short_form(std::string const& name) {
    auto length = std::min<std::size_t>(4, name.size() / 2);
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) --length;
    return length == 0 ? name : name.substr(0, length);
}

bool applies(Variation variation, SourcePerson const& person, Patient const& patient) {
    switch (variation) {
        case Variation::no_middle_name:
            return patient.given.size() > 1;
        case Variation::nickname:
            return !patient.given.empty();
        case Variation::without_accents:
            return has_accent(patient);
        case Variation::old_address:
            return !patient.address.line.empty();
        case Variation::maiden_name:
            return !person.maiden_name.empty();
        case Variation::swapped_birth_date:
            return !swapped(patient.birth_date).empty();
        case Variation::exact:
        case Variation::upper_case:
            break;
    }
    return true;
}

void change_names(Patient& patient, std::string (*change)(std::string_view)) {
    patient.family = change(patient.family);
    for (auto& given : patient.given) given = change(given);
}

void vary(Patient& patient, Variation variation, SourcePerson const& person) {
    switch (variation) {
        case Variation::exact:
            break;
        case Variation::upper_case:
            change_names(patient, upper_case);
            break;
        case Variation::no_middle_name:
            patient.given.resize(1);
            break;
        case Variation::nickname:
            patient.given = {patient.given.size() > 1 ? patient.given[1] : short_form(patient.given[0])};
            break;
        case Variation::without_accents:
            change_names(patient, without_accents);
            break;
        case Variation::old_address:
            patient.address = {"1 Former Road", patient.address.city, patient.address.state, "00001"};
            break;
        case Variation::maiden_name:
            patient.family = person.maiden_name;
            break;
        case Variation::swapped_birth_date:
            patient.birth_date = swapped(patient.birth_date);
            break;
    }
}

std::string digits_of(double drawn, std::size_t count) {
    std::string digits;
    for (std::size_t i = 0; i < count; ++i) {
        drawn *= 10;
        auto const digit = static_cast<int>(drawn);
        digits += static_cast<char>('0' + digit);
        drawn -= digit;
    }
    return digits;
}

/// Where documents tell several, one of them, in their proportion.
std::string birth_date_at(std::uint64_t seed, std::string_view partner, SourcePerson const& person) {
    auto const& dates = person.birth_dates;
    if (dates.empty()) return {};
    auto const drawn = draw(seed, {partner, person.key, "birth date"});
    return dates[static_cast<std::size_t>(drawn * static_cast<double>(dates.size()))];
}

}  // namespace

Variation draw_variation(
    std::uint64_t seed, std::string_view partner, SourcePerson const& person, Patient const& patient
) {
    auto const drawn = draw(seed, {partner, person.key, "var"});
    auto const found = std::find_if(kVariations.begin(), kVariations.end(), [drawn](auto const& share) {
        return drawn < share.first;
    });
    return applies(found->second, person, patient) ? found->second : Variation::exact;
}

Patient patient_at(std::uint64_t seed, Community const& community, SourcePerson const& person) {
    auto patient = person.patient;
    patient.birth_date = birth_date_at(seed, community.id, person);
    vary(patient, draw_variation(seed, community.id, person, patient), person);
    patient.id = local_id(seed, community, "patient|" + person.key);
    auto const number = digits_of(draw(seed, {community.id, person.key, "number"}), 8);
    patient.identifiers = {{patient_domain(community), number}};
    if (draw(seed, {community.id, person.key, "enterprise"}) < kWithEnterpriseNumber) {
        auto const enterprise = digits_of(draw(seed, {person.key, "enterprise number"}), 12);
        patient.identifiers.push_back({"urn:oid:2.999.9", enterprise});
    }
    return patient;
}

std::string local_id(std::uint64_t seed, Community const& community, std::string_view what) {
    auto const key = std::to_string(seed) + '|' + std::string(what);
    switch (community.behaviour.family) {
        case Family::epic: {
            auto const letters = make_id({community.id, key});
            return 'e' + letters.substr(0, 23);
        }
        case Family::cerner:
            return digits_of(draw(seed, {community.id, what, "id"}), 12);
        default:
            return derived_uuid({community.id, key});
    }
}

}  // namespace tributary::simulator
